import t from "tap";
import { exampleSchema, platformFloor } from "../../src/policy/index.ts";
import { compileStatement } from "../../src/sandbox/compile-statement.ts";
import { startEngine } from "../engine/engine-fixture.ts";

/** What a beginner writes, what the refusal says to write instead, and that it is taken. */
const cases: readonly (readonly [sql: string, advice: string, taken: string])[] = [
  [
    "SELECT district, count(*) FROM person",
    "Write district behind GROUP BY as well",
    "SELECT district, count(*) FROM person GROUP BY district",
  ],
  [
    "SELECT count(*) FROM person WHERE avg(income) > 0",
    "HAVING",
    "SELECT district, avg(income) FROM person GROUP BY district HAVING avg(income) > 0",
  ],
  [
    "SELECT row_number() OVER (ORDER BY x) AS r, count(*) FROM range(3) t(x) GROUP BY r",
    "in a subquery or WITH query first",
    "SELECT r, count(*) FROM (SELECT row_number() OVER (ORDER BY x) AS r FROM range(3) t(x)) GROUP BY r",
  ],
  [
    "SELECT avg(sum(income)) FROM person",
    "in a subquery or WITH query first",
    "SELECT avg(s) FROM (SELECT id_card, sum(income) AS s FROM person GROUP BY id_card)",
  ],
  ["SELECT count(*) FROM public.person", "name alone", "SELECT count(*) FROM person"],
  [
    "SELECT count(*) FROM person WHERE birth_date > 1970",
    "year(column) =",
    "SELECT count(*) FROM person WHERE birth_date > DATE '1970-01-01'",
  ],
  [
    "SELECT count(*) FROM person WHERE district > 3::INTEGER::BOOLEAN",
    "text with text",
    "SELECT count(*) FROM person WHERE district > '3'",
  ],
  ["SELECT sum(district) FROM person", "sum does not take (VARCHAR)", "SELECT sum(income) FROM person"],
  ["SELECT left() FROM person", "left does not take ()", "SELECT left(district, 1), count(*) FROM person GROUP BY 1"],
  ["SELECT count(*) FROM read_csv('x.csv')", "out of reach", "SELECT count(*) FROM person"],
  [
    "SELECT person.gender, count(*) FROM person p GROUP BY 1",
    "the alias that FROM gives",
    "SELECT p.gender, count(*) FROM person p GROUP BY 1",
  ],
  [
    'SELECT count(*) FROM person WHERE district = "D1"',
    "A text stands in single quotes ('D1')",
    "SELECT count(*) FROM person WHERE district = 'D1'",
  ],
  ["SELECT count(*) FROM persons", "Perhaps person is meant", "SELECT count(*) FROM person"],
  ["SELECT count(*) FROM person WHERE gendr = 'F'", "Perhaps gender is meant", "SELECT count(*) FROM person WHERE gender = 'F'"],
  ["SELECT count(*)， 1 FROM person", "full-width ，", "SELECT count(*), 1 FROM person"],
  ["SELECT count(*) FROM person WHERE district = ‘D1’", "full-width ‘", "SELECT count(*) FROM person WHERE district = 'D1'"],
  ["SELECT '，' AS \"（人）\" FORM person -- ；", "just before it", "SELECT '，' AS \"（人）\", count(*) FROM person"],
  [
    "SELECT count(*) FROM person WHERE birth_date < current_date",
    "DATE '2026-01-31'",
    "SELECT count(*) FROM person WHERE birth_date < DATE '2026-01-31'",
  ],
  [
    "SELECT strftime(birth_date, '%W') AS w, count(*) FROM person GROUP BY w",
    "date_part('week', column)",
    "SELECT date_part('week', birth_date) AS w, count(*) FROM person GROUP BY w",
  ],
  [
    "SELECT gender || district AS k, count(*) FROM person GROUP BY k",
    "GROUP BY a, b",
    "SELECT gender, district, count(*) FROM person GROUP BY gender, district",
  ],
  [
    "SELECT round(income, -4) AS b, count(*) FROM person GROUP BY b",
    "floor(column / width) * width",
    "SELECT floor(income / 10000) * 10000 AS b, count(*) FROM person GROUP BY b",
  ],
  [
    "SELECT CASE WHEN income >= 20000 THEN 'rich' ELSE 0 END AS b, count(*) FROM person GROUP BY b",
    "one kind",
    "SELECT CASE WHEN income >= 20000 THEN 'rich' ELSE 'other' END AS b, count(*) FROM person GROUP BY b",
  ],
  [
    "SELECT count(*) FROM person WHERE income = 83150",
    "income >= 80000 AND income < 90000",
    "SELECT count(*) FROM person WHERE income >= 80000 AND income < 90000",
  ],
  [
    "SELECT count(*) FROM person WHERE income IN (1, 2)",
    "income >= low",
    "SELECT count(*) FROM person WHERE income >= 0 AND income < 10000",
  ],
  [
    "SELECT floor(income / 5000) * 5000 AS b, count(*) FROM person GROUP BY b",
    "write 10000",
    "SELECT floor(income / 10000) * 10000 AS b, count(*) FROM person GROUP BY b",
  ],
  [
    "SELECT income, count(*) FROM person GROUP BY income",
    "floor(income / 10000) * 10000",
    "SELECT floor(income / 10000) * 10000 AS b, count(*) FROM person GROUP BY b",
  ],
  ["SELECT count(*) FROM person WHERE gender = 1", "in single quotes: '1'", "SELECT count(*) FROM person WHERE gender = '1'"],
  [
    "SELECT count(*) FROM person WHERE year(birth_date) = '1970'",
    "without quotes: 1970",
    "SELECT count(*) FROM person WHERE year(birth_date) = 1970",
  ],
  ["SELECT count(*) FROM person WHERE district::INT = 1", "column = '1'", "SELECT count(*) FROM person WHERE district = '1'"],
  [
    "SELECT count(*) FROM person p, visit v",
    "person.id_card = visit.id_card",
    "SELECT count(*) FROM person p, visit v WHERE p.id_card = v.id_card",
  ],
  [
    "SELECT count(*) FROM person p LEFT JOIN visit v ON p.gender = v.hospital",
    "person.id_card = visit.id_card",
    "SELECT count(*) FROM person p LEFT JOIN visit v ON p.id_card = v.id_card",
  ],
  [
    "SELECT count(*) FROM person JOIN employment ON id_card = employer",
    "keys of one kind",
    "SELECT count(*) FROM person JOIN employment ON id_card = worker",
  ],
  [
    "SELECT note, count(*) FROM employment GROUP BY note",
    "use position",
    "SELECT position, count(*) FROM employment GROUP BY position",
  ],
  ["SELECT max(income) FROM person", "quantile", "SELECT avg(income), stddev(income) FROM person"],
  ["SELECT mode(district) FROM person", "count(*) … GROUP BY column", "SELECT district, count(*) FROM person GROUP BY district"],
  ["SELECT sum(DISTINCT income) FROM person", "Leave DISTINCT out", "SELECT sum(income) FROM person"],
  ["SELECT avg(income ORDER BY birth_date) FROM person", "Leave it out", "SELECT avg(income) FROM person"],
  ["SELECT sum(round(income)) FROM person", "round(sum(x), 2)", "SELECT round(sum(income), 2) FROM person"],
  ["SELECT sum(1 / income) FROM person", "sum(a) / sum(b)", "SELECT sum(income) / count(income) FROM person"],
  ["SELECT sum(income * income * income) FROM person", "sum(a * a)", "SELECT sum(income * income) FROM person"],
  [
    "SELECT sum(greatest(income, 20000)) FROM person",
    "FILTER (x >= low)",
    "SELECT sum(income) FILTER (income >= 20000), count(*) FILTER (income < 20000) FROM person",
  ],
  ["SELECT sum(length(district)) FROM person", "count(*) FILTER", "SELECT count(*) FILTER (district = 'D1') FROM person"],
  [
    "SELECT sum(gender) FILTER (gender = 'F') FROM person WHERE 1 = 0",
    "does not take (VARCHAR)",
    "SELECT count(*) FILTER (gender = 'F') FROM person",
  ],
  [
    "SELECT DISTINCT ON (district) district FROM person",
    "GROUP BY with the same columns",
    "SELECT district FROM person GROUP BY district",
  ],
];

t.test("a refusal says what to write instead, and that is taken", async (t) => {
  const { engine } = await startEngine(t);
  for (const [sql, advice, taken] of cases) {
    const compile = (text: string) =>
      compileStatement(engine.compiler, { sql: text, parameters: {}, schema: exampleSchema, rules: platformFloor });
    const refused = await compile(sql);
    t.ok(refused.kind === "refused" && refused.instead.includes(advice), `${sql} → ${advice}`, { refused });
    const outcome = await compile(taken);
    t.equal(outcome.kind, "compiled", taken, { outcome });
  }
});

t.test("a full-width sign inside texts, quoted names and comments is no mistake", async (t) => {
  const { engine } = await startEngine(t);
  const refused = await compileStatement(engine.compiler, {
    sql: "SELECT '，' AS \"（人）\" FORM person -- ；",
    parameters: {},
    schema: exampleSchema,
    rules: platformFloor,
  });
  t.ok(refused.kind === "refused" && !refused.instead.includes("full-width"));
});
