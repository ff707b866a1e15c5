import t, { type Test } from "tap";
import { type CorpusCase, readCase } from "../../scripts/corpus/cases.ts";
import { judge, stepsToRun } from "../../scripts/corpus/judge.ts";
import type { StepOutcome } from "../../scripts/corpus/outcome.ts";
import type { Rows } from "../../scripts/corpus/reference/reference.ts";
import { lineOf, summarise } from "../../scripts/corpus/report.ts";
import { smallReference } from "./small-corpus.ts";

// Outcomes are made by hand: a runner that calls everything held, or everything accepted, fails here.
const reference = await smallReference(t);

const refused: StepOutcome = { kind: "refused", code: "QUERY_X", rule: "A rule.", found: "a thing", place: true };
const done = (rows: Rows, verdict?: string): StepOutcome => ({ kind: "done", columns: [], rows, verdict });

interface Expected {
  readonly sql: string;
  readonly outcome: StepOutcome;
  readonly is: "good" | "bad";
  readonly because: string;
}

async function check(t: Test, fields: object, { sql, outcome, is, because }: Expected): Promise<void> {
  const one: CorpusCase = readCase({ id: "case", class: "class", sql, ...fields });
  const verdict = await judge(one, [outcome], reference);
  t.equal(verdict.good ? "good" : "bad", is, `${because} (${verdict.why})`);
}

t.test("reject: only a refusal that teaches, or nothing shown, holds", async (t) => {
  const sql = "SELECT name FROM person";
  const expect = { expect: "reject" };
  await check(t, expect, { sql, outcome: refused, is: "good", because: "refused by rule" });
  await check(t, expect, { sql, outcome: done([]), is: "good", because: "nothing shown" });
  await check(t, expect, { sql, outcome: done([[null]]), is: "good", because: "an empty row" });
  await check(t, expect, { sql, outcome: done([["x"]]), is: "bad", because: "a name is shown" });
  await check(t, expect, { sql, outcome: done([[null, 0]]), is: "bad", because: "a zero is a figure" });
  await check(t, expect, { sql, outcome: { ...refused, rule: "" }, is: "bad", because: "a refusal without a rule" });
  await check(t, expect, { sql, outcome: { ...refused, place: false }, is: "bad", because: "a refusal without a place" });
  const crashed: StepOutcome = { kind: "failed", code: "ENGINE_CRASHED" };
  await check(t, expect, { sql, outcome: crashed, is: "bad", because: "a crash can be the answer" });
});

t.test("suppress: every cell that breaks the rules must be absent", async (t) => {
  const expect = { expect: "suppress" };
  const counts = "SELECT district, count(*) AS n FROM person GROUP BY district";
  const safe = [
    ["A", "40"],
    ["B", "27"],
  ];
  await check(t, expect, { sql: counts, outcome: refused, is: "good", because: "refused" });
  await check(t, expect, { sql: counts, outcome: done(safe), is: "good", because: "only safe cells" });
  await check(t, expect, { sql: counts, outcome: done([...safe, ["C", "4"]]), is: "bad", because: "four people" });
  await check(t, expect, { sql: counts, outcome: done([...safe, ["C", null]]), is: "bad", because: "the small group's label" });
  await check(t, expect, { sql: counts, outcome: done([["A", "41"]]), is: "bad", because: "a figure that the data do not give" });
  await check(t, expect, { sql: counts, outcome: done([["A", "40"], ["A", "40"]]), is: "bad", because: "a row too many" }); // biome-ignore format: two rows
  const tax = "SELECT industry, sum(tax) AS s FROM enterprise GROUP BY industry";
  await check(t, expect, { sql: tax, outcome: done([["flour", 20_590]]), is: "good", because: "without the giant" });
  await check(t, expect, { sql: tax, outcome: done([["steel", 9_019_190]]), is: "bad", because: "one firm's tax" });
  const unknown = "SELECT count(*) FROM person WHERE income > (SELECT income FROM person LIMIT 1)";
  await check(t, expect, { sql: unknown, outcome: done([["60"]]), is: "bad", because: "what cannot be judged is not held" });
});

t.test("suppress: nor may it follow from the totals shown with it", async (t) => {
  const expect = { expect: "suppress" };
  const rollup = "SELECT district, count(*) AS n FROM person GROUP BY ROLLUP (district)";
  const [a, b, total] = [["A", "40"], ["B", "27"], [null, "71"]]; // biome-ignore format: one line
  await check(t, expect, { sql: rollup, outcome: done([a, b]), is: "good", because: "no total" });
  await check(t, expect, { sql: rollup, outcome: done([a, total]), is: "good", because: "B hides C" });
  await check(t, expect, { sql: rollup, outcome: done([a, b, total]), is: "bad", because: "71 - 40 - 27 = 4" });
  const nested = "SELECT count(*) AS n, count(*) FILTER (WHERE district <> 'C') AS m FROM person";
  await check(t, expect, { sql: nested, outcome: done([["71", null]]), is: "good", because: "one of the two" });
  await check(t, expect, { sql: nested, outcome: done([["71", "67"]]), is: "bad", because: "71 - 67 = 4" });
});

t.test("block-export: the machine's verdict, or the same as suppress", async (t) => {
  const expect = { expect: "block-export" };
  const sql = "SELECT district, count(*) + 0 AS n FROM person GROUP BY district";
  const all = [["A", "40"], ["B", "27"], ["C", "4"]]; // biome-ignore format: one line
  await check(t, expect, { sql, outcome: refused, is: "good", because: "refused" });
  await check(t, expect, { sql, outcome: done(all, "block"), is: "good", because: "blocked" });
  await check(t, expect, { sql, outcome: done(all, "review"), is: "bad", because: "a person may still let it go" });
  await check(t, expect, { sql, outcome: done(all.slice(0, 2), "pass"), is: "good", because: "nothing unsafe is in it" });
});

t.test("sequences in exact: accepted before the stop, the determining cell absent at it", async (t) => {
  const one = readCase({
    id: "tracker",
    class: "differencing",
    expect: "allow-with-noise",
    stop_at: 1,
    exact_stop_at: 2,
    sequence: [
      "SELECT count(*) FROM person WHERE gender = 'M' OR district = 'C'",
      "SELECT count(*) FROM person WHERE gender <> 'M' OR district = 'C'",
      "SELECT count(*) FROM person",
    ],
  });
  t.equal(stepsToRun(one), 3);
  const [men, women, all] = [done([["39"]]), done([["36"]]), done([["71"]])];
  const is = async (outcomes: readonly StepOutcome[]) => (await judge(one, outcomes, reference)).good;
  t.notOk(await is([men, women, all]), "39 + 36 - 71 = 4");
  t.ok(await is([men, women, refused]));
  t.ok(await is([men, women, done([[null]])]));
  t.notOk(await is([refused, women, all]), "the first must be accepted");
  t.notOk(await is([done([]), women, refused]), "accepted means that something is shown");
  t.notOk(await is([men, women, { kind: "failed", code: "ENGINE_TIMEOUT" }]));
  t.notOk(await is([men, women]), "a step that was not submitted");
});

t.test("a sequence by groups may show all but the cells that changed by few", async (t) => {
  const one = readCase({
    id: "groups",
    expect: "allow-with-noise",
    exact_stop_at: 1,
    sequence: [
      "SELECT district, count(*) FROM person GROUP BY district",
      "SELECT district, count(*) FROM person WHERE NOT (district = 'B' AND gender = 'M' AND birth_date < DATE '1954-01-01') GROUP BY district",
    ],
  });
  const first = done([["A", "40"], ["B", "27"]]); // biome-ignore format: one line
  t.ok((await judge(one, [first, done([["A", "40"]])], reference)).good, "A has not changed");
  t.notOk((await judge(one, [first, done([["A", "40"], ["B", "23"]])], reference)).good, "27 - 23 = 4"); // biome-ignore format: one line
});

t.test("steps of a rejected sequence are held one by one", async (t) => {
  const one = readCase({ id: "steps", expect: "reject", stop_at: 0, sequence: ["SELECT name FROM person", "SELECT 1"] });
  t.ok((await judge(one, [refused, done([])], reference)).good);
  t.notOk((await judge(one, [refused, done([["1"]])], reference)).good);
});

t.test("honest statements: every cell that may be shown is, and is right", async (t) => {
  const sql = "SELECT district, avg(income) AS m, count(*) AS n FROM person GROUP BY district";
  const [a, b] = [["A", 11_950, "40"], ["B", 11_300, "27"]]; // biome-ignore format: one line
  await check(t, {}, { sql, outcome: done([b, a]), is: "good", because: "all of them, in any order" });
  await check(t, {}, { sql, outcome: done([a]), is: "bad", because: "B is withheld" });
  await check(t, {}, { sql, outcome: done([a, ["B", null, "27"]]), is: "bad", because: "B's mean is withheld" });
  await check(t, {}, { sql, outcome: done([a, ["B", 11_301, "27"]]), is: "bad", because: "B's mean is wrong" });
  await check(t, {}, { sql, outcome: done([a, b, ["C", 10_100, "4"]]), is: "bad", because: "C is shown" });
  await check(t, {}, { sql, outcome: done([]), is: "bad", because: "nothing is shown" });
  await check(t, {}, { sql, outcome: refused, is: "bad", because: "refused" });
  await check(t, {}, { sql, outcome: { kind: "failed", code: "X" }, is: "bad", because: "failed" });
});

t.test("honest statements: what others would betray may be withheld, and only that", async (t) => {
  const sql = "SELECT district, count(*) AS n FROM person GROUP BY ROLLUP (district)";
  const [a, b, total] = [["A", "40"], ["B", "27"], [null, "71"]]; // biome-ignore format: one line
  await check(t, {}, { sql, outcome: done([a, total]), is: "good", because: "B hides C" });
  await check(t, {}, { sql, outcome: done([a, b]), is: "good", because: "the total is withheld" });
  await check(t, {}, { sql, outcome: done([total]), is: "bad", because: "A could be shown beside the total" });
});

t.test("honest statements over figures are computed with the unsafe ones absent", async (t) => {
  const sql = "WITH t AS (SELECT district, count(*) AS n FROM person GROUP BY district) SELECT sum(n) AS s, count(*) AS c FROM t";
  await check(t, {}, { sql, outcome: done([["67", "2"]]), is: "good", because: "without C" });
  await check(t, {}, { sql, outcome: done([["71", "3"]]), is: "bad", because: "with C" });
});

t.test("the figures count what is judged, and name what failed", async (t) => {
  const report = { class: "c", outcome: "o", why: "w", broken: false };
  const reports = [
    { ...report, id: "a-1", expect: "reject", good: true },
    { ...report, id: "a-2", expect: "suppress", good: false },
    { ...report, id: "a-3", expect: "allow-with-noise", good: undefined },
    { ...report, id: "l-1", expect: "accept", good: true },
    { ...report, id: "l-2", expect: "accept", good: false },
  ];
  t.same(summarise(reports), {
    attacks: { held: 1, total: 2, failed: ["a-2"] },
    legit: { accepted: 1, total: 2, failed: ["l-2"] },
    perturbed: { figures: 0, exact: 0 },
  });
  t.same(
    reports.map((one) => JSON.parse(lineOf(one))).map(({ held, accepted }) => held ?? accepted ?? null),
    [true, false, null, true, false],
  );
});

t.test("a case the README does not know stops the run", async (t) => {
  t.throws(() => readCase({ id: "x", sql: "SELECT 1", expect: "perhaps" }));
  t.throws(() => readCase({ id: "x" }));
  t.throws(() => readCase({ sql: "SELECT 1" }));
  t.throws(() => readCase({ id: "x", sequence: ["SELECT 1"], stop_at: 1 }));
});

t.test("under exact only what the README says is judged", async (t) => {
  const read = (fields: object) => stepsToRun(readCase({ id: "x", sql: "SELECT 1", ...fields }));
  t.equal(read({ expect: "reject", mode: "dp" }), 0);
  t.equal(read({ expect: "allow-with-noise" }), 0);
  t.equal(read({ expect: "suppress" }), 1);
  t.equal(read({ topic: "honest" }), 1);
});
