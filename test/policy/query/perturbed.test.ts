import t from "tap";
import { platformFloor, type ReleaseRules } from "../../../src/policy/query/index.ts";
import { compileText, sealText } from "./duckdb-harness.ts";
import { sampleSchema } from "./sample-schema.ts";

const rules: ReleaseRules = { ...platformFloor, mode: "cell-key" };

/** "k" for a column that noise leaves alone, "~" for one that it moves. */
async function marks(sql: string, as = rules): Promise<string> {
  const outcome = await compileText(sql, sampleSchema, as);
  if (outcome.kind !== "draft") return JSON.stringify(outcome);
  const plan = await sealText(outcome.draft);
  return plan.columns.map(({ perturbed }) => (perturbed === undefined ? "?" : perturbed ? "~" : "k")).join("");
}

t.test("exact columns say nothing of noise", async (t) => {
  t.equal(await marks("SELECT gender, count(*) FROM person GROUP BY gender", platformFloor), "??");
});

const byHospital = "SELECT hospital, count(*) AS n, sum(cost) AS c FROM visit GROUP BY hospital";
const sizes = "SELECT district AS d, count(*) AS n FROM person GROUP BY district";
const cases: readonly (readonly [sql: string, expected: string])[] = [
  ["SELECT 1, gender, count(*), sum(income), upper(gender), round(avg(income)) FROM person GROUP BY gender", "kk~~k~"],
  ["SELECT median(income), count(DISTINCT id_card) FROM person", "~~"],
  [`SELECT hospital, n * 2, hospital || n FROM (${byHospital}) r`, "k~~"],
  [`WITH r AS (${byHospital}) SELECT a.hospital, b.n FROM r a JOIN r b ON a.hospital = b.hospital`, "k~"],
  // What the rows hold is a key; how many there are is the noise's doing where a figure chose them.
  [`SELECT hospital FROM (${byHospital}) r WHERE n > 20 ORDER BY n LIMIT 3`, "k"],
  [`SELECT count(*), min(hospital) FROM (${byHospital}) r`, "kk"],
  [`SELECT count(*), min(hospital) FROM (${byHospital}) r WHERE n > 20`, "~~"],
  [`SELECT count(*) FROM (SELECT hospital FROM (${byHospital}) r ORDER BY n LIMIT 3) s`, "~"],
  [`SELECT count(*) FROM (SELECT hospital FROM (${byHospital}) r LIMIT 3) s`, "k"],
  [`SELECT count(*) FROM (SELECT DISTINCT n FROM (${byHospital}) r) s`, "~"],
  [`SELECT count(*) FROM (SELECT DISTINCT hospital FROM (${byHospital}) r) s`, "k"],
  [`SELECT count(*) FROM (SELECT DISTINCT ON (n) hospital FROM (${byHospital}) r) s`, "~"],
  [`SELECT hospital, count(*) FROM (${byHospital}) r GROUP BY hospital HAVING max(n) > 20`, "k~"],
  [`SELECT hospital, row_number() OVER (ORDER BY hospital), rank() OVER (ORDER BY n) FROM (${byHospital}) r`, "kk~"],
  [`SELECT hospital, row_number() OVER (ORDER BY hospital) FROM (${byHospital}) r WHERE c > 1000`, "k~"],
  [`SELECT (SELECT max(n) FROM (${byHospital}) r), (SELECT 1), EXISTS (SELECT 1 FROM (${byHospital}) r WHERE n > 9)`, "~k~"],
  [`SELECT 'H1' IN (SELECT hospital FROM (${byHospital}) r), 20 IN (SELECT n FROM (${byHospital}) r)`, "k~"],
  ["SELECT gender, 0 FROM person GROUP BY gender UNION ALL SELECT 'all', count(*) FROM person", "k~"],
  [`SELECT count(*) FROM (SELECT n FROM (${byHospital}) r INTERSECT SELECT c FROM (${byHospital}) s)`, "~"],
  [`SELECT count(*) FROM (SELECT hospital FROM (${byHospital}) r EXCEPT SELECT 'H1')`, "k"],
  [`SELECT i, j FROM (${byHospital}) r, range(3) t(i), (VALUES (1), (2)) v(j)`, "kk"],
  [`SELECT count(*) FROM (${byHospital}) r JOIN (${byHospital}) s ON r.n < s.n`, "~"],
  [`SELECT i FROM (${byHospital}) r, range(n) t(i)`, "~"],
  [
    "WITH RECURSIVE w(i, m) AS (SELECT 1, 0 UNION ALL SELECT i + 1, (SELECT count(*) FROM person) FROM w WHERE i < 3) SELECT i, m FROM w",
    "k~",
  ],
  ["SELECT north, count(*), max(area) FROM region GROUP BY north", "kkk"],
  [
    "SELECT r.north, count(*) FROM person p JOIN (SELECT district, any_value(north) AS north FROM region GROUP BY district) r ON p.district = r.district GROUP BY r.north",
    "k~",
  ],
  // Figures that stand beside protected rows come back as keys.
  [`WITH g AS (${sizes}) SELECT g.n, count(*) FROM person p JOIN g ON p.district = g.d GROUP BY g.n`, "~~"],
  [`WITH g AS (${sizes}) SELECT g.d, count(*) FROM person p JOIN g ON p.district = g.d GROUP BY g.d`, "k~"],
  ["SELECT gender, count(*) FROM person WHERE district = (SELECT max(district)::VARCHAR FROM region) GROUP BY gender", "k~"],
  ["SELECT district = (SELECT max(district)::VARCHAR FROM region) AS m, count(*) FROM person GROUP BY m", "k~"],
  [
    "SELECT v.icd10 IN (SELECT w.icd10 FROM visit w WHERE w.id_card = v.id_card AND w.hospital = 'H3') AS m, count(*) FROM visit v GROUP BY m",
    "k~",
  ],
  ["SELECT n, count(*) FROM (SELECT id_card, count(*) AS n FROM visit GROUP BY id_card) u GROUP BY n", "k~"],
];

for (const [sql, expected] of cases) t.test(`${expected}: ${sql}`, async (t) => t.equal(await marks(sql), expected));

t.test("a plan whose mark was left out does not pass as exact", async (t) => {
  const outcome = await compileText("SELECT gender, count(*) FROM person GROUP BY gender", sampleSchema, rules);
  if (outcome.kind !== "draft") throw new Error("not compiled");
  const plan = await sealText({ ...outcome.draft, perturbed: [] });
  t.same(
    plan.columns.map(({ perturbed }) => perturbed),
    [true, true],
  );
});
