import t from "tap";
import type { Derived } from "../../scripts/corpus/reference/reference.ts";
import { smallReference } from "./small-corpus.ts";

const reference = await smallReference(t);

async function derived(sql: string): Promise<Derived> {
  const found = await reference.derive(sql);
  if (found.kind !== "derived") throw new Error(`${sql}: ${found.why}`);
  return found;
}

const asText = (rows: readonly (readonly unknown[])[]): readonly string[] =>
  rows.map((row) => row.map(String).join(" ")).toSorted();

t.test("rows of fewer than ten owners are absent, the others are the plain engine's", async (t) => {
  const { plain, loose, strict } = await derived("SELECT district, count(*), sum(income) FROM person GROUP BY district");
  t.equal(plain.length, 3);
  t.same(asText(loose), ["A 40 478000", "B 27 305100"]);
  t.same(asText(strict), asText(loose));
});

t.test("distinct owners count, not rows: one patient of forty visits is one", async (t) => {
  const { loose } = await derived("SELECT icd10, count(*) FROM visit GROUP BY icd10");
  t.same(asText(loose), ["E11 68", "I10 71"], "M54 has forty visits of one patient, B20 three patients");
});

t.test("a figure that one owner holds is absent, its count is not", async (t) => {
  const { loose } = await derived("SELECT industry, sum(tax) AS s, count(*) AS n FROM enterprise GROUP BY industry");
  t.same(asText(loose), ["flour 20590 20", "steel null 20"]);
});

t.test("HAVING, arithmetic and outer queries see only what may be shown", async (t) => {
  t.same(asText((await derived("SELECT district FROM person GROUP BY district HAVING count(*) < 30")).loose), ["B"]);
  t.same(
    asText(
      (await derived("WITH t AS (SELECT district, count(*) AS n FROM person GROUP BY district) SELECT sum(n), count(*) FROM t"))
        .loose,
    ),
    ["67 2"],
  );
  t.same(
    asText(
      (
        await derived(
          "SELECT c.d, coalesce(t.n, 0) FROM (VALUES ('A'), ('C')) c(d) LEFT JOIN (SELECT district AS d, count(*) AS n FROM person GROUP BY 1) t USING (d)",
        )
      ).loose,
    ),
    ["A 40", "C 0"],
  );
});

t.test("CASE and FILTER are judged by the rows they take", async (t) => {
  const { loose } = await derived(
    "SELECT district, sum(CASE WHEN gender = 'M' THEN income ELSE 5 END) AS s, count(*) FILTER (WHERE birth_date < DATE '1953-01-01') AS n FROM person GROUP BY district",
  );
  t.same(asText(loose), ["A 219100 null", "B 160560 null"], "C is absent, and nowhere are ten born before 1953");
});

t.test("rows kept through subqueries keep their owners, per-owner totals too", async (t) => {
  const { loose } = await derived(
    "WITH u AS (SELECT id_card AS k, count(*) AS n FROM visit GROUP BY id_card) SELECT n, count(*) FROM (SELECT k, n FROM u) GROUP BY n",
  );
  t.same(asText(loose), ["2 70"], "the one with 42 visits stands alone");
});

t.test("joins by the owner's key have one owner, other joins have two", async (t) => {
  const joined = await derived("SELECT p.district, count(*) FROM person p JOIN visit v USING (id_card) GROUP BY p.district");
  t.same(asText(joined.loose), ["A 120", "B 54"]);
  const foreign = await derived("SELECT e.name, count(*) FROM enterprise e JOIN person p USING (district) GROUP BY e.name");
  t.same(foreign.loose, [], "forty persons, but one enterprise each");
});

t.test("what may never be shown is absent whoever stands behind it", async (t) => {
  const { loose } = await derived("SELECT district, max(income), list(income), count(*) FROM person GROUP BY district");
  t.same(asText(loose), ["A null null 40", "B null null 27"]);
  t.same((await derived("SELECT gender, district FROM person")).loose, [], "no rows of people");
});

t.test("counts of values count those that pass by themselves", async (t) => {
  t.same((await derived("SELECT count(DISTINCT district) FROM person")).loose, [["2"]]);
});

t.test("the strict reading withholds what another figure of the row betrays", async (t) => {
  const { loose, strict } = await derived("SELECT count(*) AS n, count(*) FILTER (WHERE district <> 'C') AS m FROM person");
  t.same(loose, [["71", "67"]]);
  t.same(strict, [["71", null]]);
});

t.test("a statement that the reference cannot follow is said to be so", async (t) => {
  for (const sql of [
    "SELECT count(*) FROM person WHERE income > (SELECT income FROM person LIMIT 1)",
    "SELECT count(*) FROM (SELECT DISTINCT district FROM person)",
    "SELECT count(*) FROM (SELECT id_card FROM person EXCEPT SELECT id_card FROM visit)",
    "SELECT count(*) FROM read_csv('person.csv')",
    "DROP TABLE person",
  ])
    t.match(await reference.derive(sql), { kind: "underivable", why: /./ }, sql);
});
