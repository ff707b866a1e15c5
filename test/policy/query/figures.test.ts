import t from "tap";
import { explainPlan } from "../../../src/policy/query/index.ts";
import { compileText } from "./duckdb-harness.ts";
import { codeOf } from "./refusals.ts";
import { sampleSchema } from "./sample-schema.ts";

/** The atoms of the first release, as people read them. */
async function atomsOf(sql: string): Promise<readonly string[]> {
  const outcome = await compileText(sql, sampleSchema);
  if (outcome.kind !== "draft") return [JSON.stringify(outcome)];
  return (explainPlan(outcome.draft)[0]?.atoms ?? []).map((atom) => `${atom.figure} | ${atom.condition}`);
}

const i = "person.income";
const man = "(person.gender = 'M')";

const splits: readonly (readonly [string, readonly string[]])[] = [
  ["count(*)", ["count(1) | true"]],
  ["count()", ["count(1) | true"]],
  ["count(1 = 1)", ["count(1) | true"]],
  ["count(income)", [`count(1) | (${i} is not null)`]],
  ["count(id_card)", ["count(1) | (person.id_card is not null)"]],
  ["count(DISTINCT id_card)", ["count(distinct person.id_card) | true"]],
  ["count(DISTINCT CASE WHEN gender = 'M' THEN id_card END)", [`count(distinct person.id_card) | ${man}`]],
  ["count(*) FILTER (WHERE gender = 'M')", [`count(1) | ${man}`]],
  ["count_if(gender = 'M')", [`count(1) | ${man}`]],
  ["count(CASE WHEN gender = 'M' THEN 1 END)", [`count(1) | ${man}`]],
  ["count(CASE WHEN gender = 'M' THEN 1 ELSE 0 END)", ["count(1) | true"]],
  ["count(CASE WHEN gender = 'M' THEN NULL END)", ["count(1) | not TRUE"]],
  ["count(nullif(gender, 'M'))", ["count(1) | (nullif(person.gender, 'M') is not null)"]],
  ["count(income / 1000)", [`count(1) | (${i} is not null)`]],
  ["count(year(birth_date) % 4)", ["count(1) | ((year(person.birth_date) % 4) is not null)"]],
  ["count(TRY_CAST(gender AS VARCHAR))", ["count(1) | (try_cast(person.gender as VARCHAR) is not null)"]],
  ["count(coalesce(income, 0))", ["count(1) | true"]],
  ["count(gender = 'M')", ["count(1) | (person.gender is not null)"]],
  ["count(gender IS NULL)", ["count(1) | true"]],
  ["count(gender IS DISTINCT FROM 'M')", ["count(1) | true"]],
  ["count(upper(gender))", ["count(1) | (person.gender is not null)"]],
  ["sum(income)", [`sum(${i}) | true`]],
  ["sum(+income)", [`sum(${i}) | true`]],
  ["sum(-income / 1000)", [`sum(${i}) | true`]],
  ["sum(income * 2 + 3)", [`sum(${i}) | true`, `count(1) | (${i} is not null)`]],
  ["sum(0 * income)", ["count(1) | true"]],
  ["sum(income - income)", [`sum(${i}) | true`]],
  ["sum(income * income)", [`sum(${i} * ${i}) | true`]],
  ["sum(power(income, 2))", [`sum(${i} * ${i}) | true`]],
  ["sum(income::DOUBLE)", [`sum(${i}) | true`]],
  ["sum(year(birth_date))", ["sum(year(person.birth_date)) | true"]],
  [
    "avg(date_diff('year', birth_date, DATE '2025-01-01'))",
    [
      "sum(date_diff('year', person.birth_date, cast('2025-01-01' as DATE))) | true",
      "count(1) | (person.birth_date is not null)",
    ],
  ],
  ["sum(CASE WHEN gender = 'M' THEN income ELSE 1000 END)", [`sum(${i}) | ${man}`, `count(1) | (${man} is not true)`]],
  ["sum(CASE WHEN gender = 'M' THEN 2 ELSE 1 END)", [`count(1) | ${man}`, `count(1) | (${man} is not true)`]],
  ["sum(gender = 'M')", [`count(1) | ${man}`]],
  ["sum(gender = 'M' OR gender IS NULL)", [`count(1) | (${man} or (person.gender is null))`]],
  ["sum(NOT (gender = 'M' OR gender IS NULL))", [`count(1) | not (${man} or (person.gender is null))`]],
  ["sum(gender IS NULL)", ["count(1) | (person.gender is null)"]],
  ["sum(gender IN ('M', 'X'))", ["count(1) | (person.gender in ('M', 'X'))"]],
  ["sum((gender = 'M')::INT)", [`count(1) | ${man}`]],
  ["avg(CASE WHEN gender = 'M' THEN 1.0 ELSE 0 END)", [`count(1) | ${man}`, "count(1) | true"]],
  ["avg(CASE WHEN gender = 'M' THEN income END)", [`sum(${i}) | ${man}`, `count(1) | ${man} and (${i} is not null)`]],
  ["mean(income)", [`sum(${i}) | true`, `count(1) | (${i} is not null)`]],
  ["sum(coalesce(income, 7))", [`sum(${i}) | true`, `count(1) | not (${i} is not null)`]],
  [
    "sum(income + year(birth_date))",
    [`sum(${i}) | (year(person.birth_date) is not null)`, `sum(year(person.birth_date)) | (${i} is not null)`],
  ],
];

t.test("every aggregate is split into the atoms that can be judged by themselves", async (t) => {
  for (const [figure, atoms] of splits) {
    const sorted = (list: readonly string[]): string[] => [...list].sort((a, b) => (a < b ? -1 : 1));
    t.same(sorted(await atomsOf(`SELECT ${figure} FROM person`)), sorted(atoms), figure);
  }
});

t.test("a boolean column is a condition, inside an aggregate too", async (t) => {
  t.same(await atomsOf("SELECT sum(insured), sum(insured::INT), avg(insured::INT) FROM employment"), [
    "count(1) | employment.insured",
    "count(1) | (employment.insured is not null)",
  ]);
});

t.test("equal atoms are made once, whatever they are written as", async (t) => {
  t.same(await atomsOf("SELECT count(*), count(1), sum(1), avg(income), sum(income), sum(income) / count(income) FROM person"), [
    "count(1) | true",
    `sum(${i}) | true`,
    `count(1) | (${i} is not null)`,
  ]);
});

t.test("a product is one atom, in whichever order its measures are written", async (t) => {
  const from = "FROM person p JOIN visit v USING (id_card)";
  const atoms = ["sum(person.income * visit.cost) | true"];
  t.same(await atomsOf(`SELECT sum(p.income * v.cost), sum(v.cost * p.income) ${from}`), atoms);
});

t.test("a grouping without figures is still judged", async (t) => {
  t.same(await atomsOf("SELECT DISTINCT district FROM person"), ["count(1) | true"]);
  t.same(await atomsOf("SELECT district FROM person GROUP BY ALL"), ["count(1) | true"]);
});

const refused: readonly (readonly [string, string])[] = [
  ["sum(income * income * income)", "QUERY_MEASURE_SHAPE"],
  ["sum(power(income, 3))", "QUERY_MEASURE_SHAPE"],
  ["sum(pow(2, income))", "QUERY_MEASURE_SHAPE"],
  ["sum(1 / income)", "QUERY_MEASURE_SHAPE"],
  ["sum(income / 0)", "QUERY_MEASURE_SHAPE"],
  ["sum(income % 7)", "QUERY_MEASURE_SHAPE"],
  ["sum(income // 7)", "QUERY_MEASURE_SHAPE"],
  ["sum(floor(income))", "QUERY_MEASURE_SHAPE"],
  ["sum(round(income))", "QUERY_MEASURE_SHAPE"],
  ["sum(exp(income))", "QUERY_MEASURE_SHAPE"],
  ["sum(ln(income))", "QUERY_FALLIBLE"],
  ["sum(length(district))", "QUERY_MEASURE_SHAPE"],
  ["sum(nullif(income, 10000))", "QUERY_MEASURE_SHAPE"],
  ["sum(income::INT)", "QUERY_FALLIBLE"],
  ["avg(name = 'x')", "rejected"],
  ["sum((name = 'x')::INT)", "QUERY_IDENTIFIER_USE"],
  ["count(1 / income)", "QUERY_CONDITION"],
  ["count(greatest(income, 0))", "QUERY_CONDITION"],
  ["count(concat(district, gender))", "QUERY_CONDITION"],
  ["count(TRY_CAST(district AS INTEGER))", "QUERY_FALLIBLE"],
  ["sum(CASE WHEN name = 'x' THEN 0 ELSE 0 END)", "QUERY_IDENTIFIER_USE"],
  ["count(phone)", "QUERY_IDENTIFIER_USE"],
  ["count(*) FILTER (WHERE name = 'x')", "QUERY_IDENTIFIER_USE"],
  ["count(DISTINCT phone)", "QUERY_IDENTIFIER_USE"],
  ["count(DISTINCT CASE WHEN gender = 'M' THEN id_card ELSE 'x' END)", "QUERY_IDENTIFIER_USE"],
  ["count(DISTINCT CASE WHEN name = 'x' THEN id_card END)", "QUERY_IDENTIFIER_USE"],
  ["sum(DISTINCT income)", "QUERY_AGGREGATE_REFUSED"],
  ["mad(income)", "QUERY_AGGREGATE_REFUSED"],
  ["count(*) * 1.0 / max(income)", "QUERY_AGGREGATE_REFUSED"],
  ["sum(income ORDER BY district)", "QUERY_ROW_CHOICE"],
  ["sum(row_number() OVER ())", "rejected"],
  ["sum(1e308 * 1e308)", "QUERY_TOO_LARGE"],
  ["sum('x')", "rejected"],
  ["count(*), sum(income) OVER ()", "rejected"],
  ["count(income) OVER ()", "QUERY_ROW_CHOICE"],
];

t.test("columns that are no measures are not summed", async (t) => {
  for (const column of ["level", "code"])
    t.match(await codeOf(`SELECT sum(${column}::DOUBLE) FROM employment`), "QUERY_MEASURE_SHAPE", column);
  t.equal(await codeOf("SELECT sum(level) FROM employment"), "QUERY_MEASURE_SHAPE");
  t.equal(await codeOf("SELECT sum(total), sum(total * wage), sum(bonus) FROM employment"), "compiled");
});

t.test("what would carry single values out of an aggregate is refused", async (t) => {
  for (const [figure, code] of refused) {
    const answer = await codeOf(`SELECT ${figure} FROM person`);
    t.ok(answer.startsWith(code), `${code}: ${figure} → ${answer}`);
  }
});

t.test("statements with more branches or atoms than can be compared are refused", async (t) => {
  const cases = (n: number): string => Array.from({ length: n }, (_unused, k) => `WHEN district = 'd${k}' THEN income`).join(" ");
  t.equal(await codeOf(`SELECT sum(CASE ${cases(70)} END) FROM person`), "QUERY_TOO_LARGE");
  t.equal(await codeOf(`SELECT sum((CASE ${cases(9)} END) + (CASE ${cases(9)} END)) FROM person`), "QUERY_TOO_LARGE");
  t.equal(await codeOf(`SELECT sum(CASE ${cases(41)} END) FROM person`), "QUERY_TOO_LARGE");
});
