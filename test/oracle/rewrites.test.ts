import t from "tap";
import type { Query, Value } from "./ast.ts";
import { sameRows } from "./comparison.ts";
import type { Case } from "./database.ts";
import { Engine, exact, tableSql, type Way } from "./engine.ts";
import { minimise } from "./minimise.ts";
import { printQuery } from "./print.ts";
import { type Rewrite, rewrites } from "./rewrites.ts";
import { type CheckCase, runCases, sampleOf } from "./run-cases.ts";

const minimiseMs = 30_000;

type Answer =
  | { readonly kind: "refused"; readonly code: string }
  | { readonly kind: "rows"; readonly rows: readonly (readonly Value[])[] };

const plain = (value: unknown): Value => {
  if (value === null || typeof value === "boolean" || typeof value === "number") return value;
  const text = String(value);
  return /^-?\d+(\.\d+)?(e[-+]?\d+)?$/i.test(text) ? Number(text) : text;
};

async function answerOf(engine: Engine, query: Query): Promise<Answer> {
  const governed = await engine.compile(printQuery(query), false);
  if (governed.kind === "refused") return { kind: "refused", code: governed.code };
  return { kind: "rows", rows: (await engine.run(governed.draft)).map((row) => row.map(plain)) };
}

async function differs(engine: Engine, query: Query, rewritten: Query): Promise<string | undefined> {
  const [a, b] = [await answerOf(engine, query), await answerOf(engine, rewritten)];
  if (a.kind === "rows" && b.kind === "rows") {
    return sameRows(a.rows, b.rows) ? undefined : `${JSON.stringify(a.rows)} and ${JSON.stringify(b.rows)}`;
  }
  // A total per owner keeps the grid of its measure under FILTER, not under CASE: one of the two is outside the language.
  if ([a, b].some((one) => one.kind === "refused" && one.code === "QUERY_OFF_GRID")) return undefined;
  return a.kind === b.kind ? undefined : `${JSON.stringify(a)} and ${JSON.stringify(b)}`;
}

function checkOf(engine: Engine, way: Way, tried: Map<string, number>): CheckCase {
  let turn = 0;
  return async (statement, world) => {
    const { query } = statement;
    // The next rewrite that changes anything.
    const candidates = rewrites.map((_one, at) => rewrites[(turn + at) % rewrites.length]).filter((one) => one !== undefined);
    turn += 1;
    const text = printQuery(query);
    const rewrite = candidates.find((one: Rewrite) => printQuery(one.apply(query)) !== text);
    if (rewrite === undefined) return undefined;
    tried.set(rewrite.name, (tried.get(rewrite.name) ?? 0) + 1);
    const difference = await differs(engine, query, rewrite.apply(query));
    if (difference === undefined) return undefined;
    return report(engine, way, rewrite, { ...statement, world });
  };
}

async function report(
  engine: Engine,
  way: Way,
  rewrite: Rewrite,
  failing: { query: Query; keys: number | undefined; world: Case },
): Promise<string> {
  const small = await minimise(
    failing,
    async ({ query, world }) => {
      await engine.load(world, way);
      return (await differs(engine, query, rewrite.apply(query)).catch(() => undefined)) !== undefined;
    },
    Date.now() + minimiseMs,
  );
  await engine.load(small.world, way);
  const found = await differs(engine, small.query, rewrite.apply(small.query));
  return `${rewrite.name}: ${printQuery(small.query)}\n${printQuery(rewrite.apply(small.query))}\n${found}\n${JSON.stringify(small.world.rules)}\n${small.world.tables.map(tableSql).join("\n")}`;
}

const ways: readonly { readonly name: string; readonly way: Way; readonly cases: number }[] = [
  { name: "verdict and figure", way: exact, cases: 150 },
  { name: "verdict and noise", way: { mode: "cell-key" }, cases: 75 },
];

for (const { name, way, cases } of ways) {
  const sample = sampleOf(cases, 20_261_126);
  t.test(`rewrites that mean the same get the same ${name} (seed ${sample.seed})`, async (t) => {
    const engine = await Engine.open();
    t.teardown(() => engine.close());
    const tried = new Map<string, number>();
    const failure = await runCases(engine, { ...sample, way }, checkOf(engine, way, tried));
    t.equal(failure, undefined, failure ?? "the same");
    t.comment([...tried].map(([one, times]) => `${one}: ${times}`).join(", "));
    t.same(
      rewrites.filter((one) => !tried.has(one.name)),
      [],
      "every rewrite was tried",
    );
  });
}
