import t, { type Test } from "tap";
import { chanceCases, explosionCases, type FuzzCase, type FuzzFigures, runCampaign } from "../../../scripts/fuzz/campaign.ts";
import { tryStatement } from "../../../scripts/fuzz/try-statement.ts";
import { startEngine } from "../../engine/engine-fixture.ts";

/** `npm run fuzz:compiler` tries more, for longer; this is what a check of every commit can afford. */
const seed = Number(process.env["HANGUANG_SEEDS"]?.split(",")[0] ?? 20261125);
const chances = 400;

const { engine } = await startEngine(t, { limits: { compilers: 2, workers: 0, compileTimeoutMs: 1000 } });

async function campaign(t: Test, cases: Iterable<FuzzCase>): Promise<FuzzFigures> {
  const figures = await runCampaign(engine, cases, () => false);
  for (const { what, case: one } of figures.findings) t.fail(`${one.name}: ${what}`, { sql: one.sql.slice(0, 2000) });
  t.match(await tryStatement(engine, "SELECT count(*) FROM person"), { outcome: "governed" });
  return figures;
}

t.test("statements that grow end as a plan or a coded refusal, within bounds of time and memory", async (t) => {
  const { outcomes, cases } = await campaign(
    t,
    explosionCases((sizes) => sizes.slice(Math.floor(sizes.length / 2)).slice(0, 1)),
  );
  t.ok(cases > 100);
  for (const code of ["governed", "QUERY_TOO_LARGE", "QUERY_TOO_DEEP", "QUERY_TOO_HARD", "QUERY_SYNTAX"])
    t.ok(outcomes[code], code);
});

t.test(`so do mutated statements and bytes of chance, seed ${seed}`, async (t) => {
  function* some(): Generator<FuzzCase> {
    let at = 0;
    for (const one of chanceCases(seed))
      if (at++ < chances) yield one;
      else return;
  }
  const { outcomes } = await campaign(t, some());
  t.ok(Number(outcomes["governed"]) > 10 && Object.keys(outcomes).length > 8, JSON.stringify(outcomes));
});
