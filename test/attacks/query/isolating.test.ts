import t from "tap";
import { platformFloor } from "../../../src/policy/query/index.ts";
import { show } from "../../policy/query/duckdb-harness.ts";
import { sampleSchema } from "../../policy/query/sample-schema.ts";
import { village } from "./village.ts";

interface Attack {
  readonly why: string;
  readonly sql: string;
  /** The one row that may be shown, or none. */
  readonly shows: readonly unknown[] | undefined;
}

const attacks: readonly Attack[] = [
  {
    why: "a constant for everybody else hides one income in 40 contributors",
    sql: "SELECT sum(CASE WHEN district = 'HamletT' THEN income ELSE 1000 END) FROM person",
    shows: [null],
  },
  {
    why: "two figures whose difference is one person",
    sql: "SELECT count(*) AS a, count(*) FILTER (WHERE district <> 'HamletT') AS b FROM person",
    shows: ["40", null],
  },
  {
    why: "the difference written as arithmetic",
    sql: "SELECT sum(CASE WHEN district = 'HamletT' THEN 2 ELSE 1 END) - count(*) FROM person",
    shows: [null],
  },
  {
    why: "a disjunct that adds one person",
    sql: "SELECT sum(income) FILTER (WHERE gender = 'F' OR district = 'HamletT') AS a, sum(income) FILTER (WHERE gender = 'F') AS b FROM person",
    shows: [460000, null],
  },
  {
    why: "a condition that looks like the negation and holds all the same",
    sql: "SELECT count(*) FILTER (WHERE gender = 'M') AS a, count(*) FILTER (WHERE (gender = 'M') IS DISTINCT FROM FALSE AND district <> 'HamletT') AS b FROM person",
    shows: ["20", null],
  },
  {
    why: "while a condition and what it denies share nobody",
    sql: "SELECT count(*) FILTER (WHERE gender = 'M' OR gender = 'X') AS a, count(*) FILTER (WHERE NOT (gender = 'M' OR gender = 'X')) AS b FROM person",
    shows: ["20", "20"],
  },
  {
    why: "the same as IS NOT FALSE",
    sql: "SELECT count(*) FILTER (WHERE (gender = 'M')::BOOLEAN) AS a, count(*) FILTER (WHERE (gender = 'M') IS NOT FALSE AND district <> 'HamletT') AS b FROM person",
    shows: ["20", null],
  },
  {
    why: "a count beside the mean of all but one",
    sql: "SELECT count(*) AS n, avg(income) FILTER (WHERE district <> 'HamletT') AS m FROM person",
    shows: ["40", null],
  },
  {
    why: "ranges that leave one person between them",
    sql: "SELECT count(*) FILTER (WHERE birth_date >= DATE '1980-01-01') AS a, count(*) FILTER (WHERE birth_date > DATE '1980-01-01') AS b FROM person",
    shows: ["40", null],
  },
  {
    why: "forty visits of two people are two people",
    sql: "SELECT count(*), sum(cost) FROM person JOIN visit USING (id_card) WHERE birth_date < DATE '1980-01-03'",
    shows: undefined,
  },
  {
    why: "rows multiplied by a self join are still the same people",
    sql: "SELECT count(*) FROM visit a JOIN visit b USING (id_card) JOIN visit c USING (id_card) WHERE a.icd10 = 'B20'",
    shows: undefined,
  },
  {
    why: "nor does a WITH query that is named twice make them more",
    sql: "WITH v AS (SELECT id_card, icd10 FROM visit) SELECT count(*) FROM v a JOIN v b USING (id_card) WHERE a.icd10 = 'B20'",
    shows: undefined,
  },
  {
    why: "and each of the two keeps its own condition",
    sql: "WITH p AS (SELECT * FROM person) SELECT count(*), count(*) FILTER (WHERE b.gender = 'M') FROM p a JOIN p b USING (id_card) WHERE a.district = 'Town'",
    shows: ["39", "19"],
  },
  {
    why: "three employers cannot be seen through thirty workers",
    sql: "SELECT sum(wage), count(*) FROM employment",
    shows: undefined,
  },
  {
    why: "one giant is the sum",
    sql: "SELECT sum(tax) FROM enterprise WHERE employees >= 10 AND industry = 'steel' AND tax < 1000000000000",
    shows: undefined,
  },
  { why: "an infinite cell", sql: "SELECT sum(tax), avg(tax) FROM enterprise", shows: [null, null] },
  {
    why: "a condition that everybody meets tells it of each",
    sql: "SELECT count(*) AS n, count(*) FILTER (WHERE income >= 20000) AS rich FROM person",
    shows: ["40", null],
  },
  {
    why: "and that nobody meets it",
    sql: "SELECT count(*) AS n, avg(CASE WHEN income >= 50000 THEN 1.0 ELSE 0 END) AS share FROM person",
    shows: ["40", null],
  },
  {
    why: "nor does it help to call everybody by another name",
    sql: "SELECT count(*) FILTER (WHERE gender <> 'X') AS n, count(*) FILTER (WHERE income >= 20000) AS rich FROM person",
    shows: ["40", null],
  },
  {
    why: "in sums and means as little",
    sql: "SELECT sum(income) FILTER (WHERE gender IN ('M', 'F')) AS a, sum(income) FILTER (WHERE income >= 20000) AS b, avg(income) FILTER (WHERE income < 30000) AS c FROM person",
    shows: [878000, null, null],
  },
  {
    why: "nor to count people instead of rows",
    sql: "SELECT count(*) FILTER (WHERE gender <> 'X') AS n, count(DISTINCT CASE WHEN income >= 20000 THEN id_card END) AS rich FROM person",
    shows: ["40", null],
  },
  {
    why: "while a condition that not all of them meet is shown",
    sql: "SELECT count(*) FILTER (WHERE gender <> 'X') AS n, count(*) FILTER (WHERE income >= 20000 AND birth_date < DATE '1980-01-31') AS some FROM person",
    shows: ["40", "30"],
  },
  {
    why: "NULL tells the same as absent",
    sql: "SELECT coalesce(sum(income), -1) AS x FROM person WHERE district = 'HamletT'",
    shows: undefined,
  },
  {
    why: "HAVING sees only what is released",
    sql: "SELECT district, count(*) AS n FROM person GROUP BY district HAVING count(*) < 5",
    shows: undefined,
  },
  {
    why: "nor does LIMIT reach behind it",
    sql: "SELECT district, count(*) AS n FROM person GROUP BY district ORDER BY n LIMIT 1",
    shows: ["Town", "39"],
  },
  { why: "a grouping shows no group of one", sql: "SELECT DISTINCT district FROM person", shows: ["Town"] },
];

t.test("figures that isolate one person are not shown, however they are written", async (t) => {
  const connection = await village();
  t.teardown(() => connection.closeSync());
  for (const { why, sql, shows } of attacks) {
    const { rows } = await show(sql, sampleSchema, connection);
    t.same(rows, shows === undefined ? [] : [shows], `${why}: ${sql}`);
  }
});

t.test("the verdict beside each cell says which rule it broke", async (t) => {
  const connection = await village();
  t.teardown(() => connection.closeSync());
  const verdicts = async (sql: string): Promise<unknown> => {
    const [row = {}] = (await show(sql, sampleSchema, connection)).evidence;
    return Object.entries(row)
      .filter(([name]) => name.endsWith("_verdict"))
      .map(([, verdict]) => verdict);
  };
  t.same(await verdicts("SELECT sum(income) FROM person WHERE district = 'HamletT'"), ["owners"]);
  t.same(await verdicts("SELECT sum(tax) FROM enterprise WHERE tax < 1000000000000"), ["dominance"]);
  t.same(await verdicts("SELECT sum(tax) FROM enterprise"), ["non-finite"]);
  t.same(await verdicts("SELECT count(*), count(*) FILTER (WHERE income >= 20000) FROM person"), ["pass", "full"]);
  t.same(await verdicts("SELECT count(*), count(*) FILTER (WHERE district <> 'HamletT') FROM person"), ["pass", "complement"]);
  t.same(
    await verdicts("SELECT count(income), count(*) FROM person"),
    ["pass", "pass"],
    "IS NOT NULL of everybody tells nothing",
  );
});

t.test("people whose measure is NULL do not stand behind its sum", async (t) => {
  const connection = await village();
  t.teardown(() => connection.closeSync());
  await connection.run("UPDATE person SET income = NULL WHERE id_card >= 5");
  t.same((await show("SELECT count(*) AS n, sum(income) AS s, count(income) AS c FROM person", sampleSchema, connection)).rows, [
    ["40", null, null],
  ]);
  await connection.run("UPDATE person SET income = NULL WHERE id_card >= 4");
  t.same((await show("SELECT sum(income) AS s FROM person", sampleSchema, connection)).rows, []);
});

t.test("rows without a key count for nobody, and their sum is nobody's shield", async (t) => {
  const connection = await village();
  t.teardown(() => connection.closeSync());
  await connection.run("UPDATE person SET id_card = NULL WHERE id_card >= 9");
  t.same((await show("SELECT count(*) FROM person", sampleSchema, connection)).rows, []);
});

t.test("one day written in two ways is one day", async (t) => {
  const connection = await village();
  t.teardown(() => connection.closeSync());
  await connection.run("UPDATE person SET birth_date = DATE '1980-01-01'");
  for (const other of ["'1980-01-01 00:00'", "'1980-01-01T00:00:00'", "DATE '1980-01-01'"]) {
    const sql = `SELECT count(*) FILTER (WHERE birth_date = '1980-01-01') AS a, count(*) FILTER (WHERE birth_date = ${other} AND district <> 'HamletT') AS b FROM person`;
    t.same((await show(sql, sampleSchema, connection)).rows, [["40", null]], sql);
  }
});

t.test("p per cent: the second greatest must not know the greatest too well", async (t) => {
  const connection = await village();
  t.teardown(() => connection.closeSync());
  await connection.run("UPDATE enterprise SET tax = CASE WHEN uscc = 0 THEN 1000000 WHEN uscc < 12 THEN 9000 ELSE NULL END");
  const [row = {}] = (
    await show("SELECT sum(tax) FROM enterprise", sampleSchema, connection, { ...platformFloor, dominanceShare: 1, minOwners: 3 })
  ).evidence;
  t.equal(row["a1_verdict"], "p-percent");
});
