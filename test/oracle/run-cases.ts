import fc from "fast-check";
import { Choices } from "./choices.ts";
import { type Case, createCase } from "./database.ts";
import { type Engine, exact, type Way } from "./engine.ts";
import { createStatement, type Statement } from "./statements.ts";

/** Which cases: the same seed gives the same ones; a path of fast-check's gives one batch of them. */
export interface Sample {
  readonly seed: number;
  readonly cases: number;
  readonly path: string | undefined;
  readonly way: Way;
}

const perWorld = 25;
const worldBytes = 1800;
const statementBytes = 140;

const seedText = process.env["HANGUANG_SEED"];

/** What a test takes, unless the environment says otherwise: HANGUANG_SEED, HANGUANG_PATH, HANGUANG_CASES. */
export function sampleOf(cases: number, seed = 20_261_125): Sample {
  return {
    seed: seedText === undefined ? seed : Number(seedText),
    cases: Number(process.env["HANGUANG_CASES"] ?? cases),
    path: process.env["HANGUANG_PATH"],
    way: exact,
  };
}

/** All bytes are equally likely; what is found is made smaller row by row (`minimise`), not byte by byte. */
const bytes = (length: number): fc.Arbitrary<Uint8Array> =>
  fc.noShrink(fc.noBias(fc.uint8Array({ minLength: length, maxLength: length })));

const batches = fc.record({
  world: bytes(worldBytes),
  statements: fc.array(bytes(statementBytes), { minLength: perWorld, maxLength: perWorld }),
});

/** What is wrong with one case; undefined where nothing is. */
export type CheckCase = (statement: Statement, world: Case) => Promise<string | undefined>;

/** Databases one after the other, each with many statements. Answers with a report of the first failure, if there is one. */
export async function runCases(engine: Engine, sample: Sample, check: CheckCase): Promise<string | undefined> {
  const property = fc.asyncProperty(batches, async ({ world: worldSeed, statements }) => {
    const world = createCase(new Choices(worldSeed));
    await engine.load(world, sample.way);
    for (const one of statements) {
      const wrong = await check(createStatement(new Choices(one), world), world);
      if (wrong !== undefined) throw new Error(wrong);
    }
  });
  const { seed, path } = sample;
  const details = await fc.check(property, {
    seed,
    ...(path === undefined ? {} : { path }),
    numRuns: Math.ceil(sample.cases / perWorld),
    endOnFailure: true,
  });
  if (!details.failed) return undefined;
  const cause = details.errorInstance instanceof Error ? details.errorInstance.message : String(details.errorInstance);
  return `HANGUANG_SEED=${seed} HANGUANG_PATH=${details.counterexamplePath} gives it again.\n${cause}`;
}
