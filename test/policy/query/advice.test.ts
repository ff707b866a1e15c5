import t from "tap";
import {
  freeTextAdvice,
  gridAdvice,
  groupAdvice,
  identifierAdvice,
  rangeAdvice,
} from "../../../src/policy/query/advice/column-advice.ts";
import { rowsAdvice } from "../../../src/policy/query/advice/rows-advice.ts";
import { unlistedAdvice } from "../../../src/policy/query/advice/unlisted-advice.ts";
import { type AgreementSchema, exampleSchema, nameAdvice } from "../../../src/policy/query/index.ts";
import { rational } from "../../../src/policy/query/subject/rational.ts";
import { refusalOf } from "./refusals.ts";
import { sampleSchema } from "./sample-schema.ts";

t.test("a constant beside a measure is told the points of the grid around it", async (t) => {
  t.equal(gridAdvice("income", 10_000, rational(12_345n)), "Use multiples of 10000 for income: write 10000 or 20000.");
  t.equal(gridAdvice("income", 10_000, rational(5n)), "Use multiples of 10000 for income: write 10000.");
  t.equal(gridAdvice("wage", 0.5, rational(17n, 10n)), "Use multiples of 0.5 for wage: write 1.5 or 2.");
  t.match(gridAdvice("balance", 100, rational(-50n)), "write -100 or 0");
  t.match(gridAdvice("balance", 100, rational(-200n)), "write -200 or -100", "a point of the grid is its own lower bound");
  for (const grid of [undefined, 0, Number.NaN])
    t.match(gridAdvice("cost", grid, rational(5n)), "no declared grid", String(grid));
  t.equal(
    rangeAdvice("income", 10_000, rational(83_150n)),
    "Ask for the range that holds it: income >= 80000 AND income < 90000.",
  );
  t.match(rangeAdvice("income", 10_000, undefined), "multiples of 10000");
  t.match(rangeAdvice("cost", undefined, rational(5n)), "no declared grid");
  t.match(groupAdvice("income", 10_000), "floor(income / 10000) * 10000");
  t.match(groupAdvice("cost", undefined), "no declared grid");
});

t.test("an identifier is told what describes people instead, where something does", async (t) => {
  const person = {
    ...exampleSchema.tables[0],
    name: "person",
    grade: "protected",
    subjects: [],
    columns: exampleSchema.tables[0]?.columns ?? [],
  } as const;
  t.match(
    identifierAdvice(person, "id_card", true),
    /^Count it with count\(DISTINCT id_card\).*by birth_date, gender, district\.$/,
  );
  t.equal(identifierAdvice({ ...person, columns: [] }, "name", false), "Leave name out.");
});

t.test("free text is told what may be used instead, where something may", async (t) => {
  t.equal(freeTextAdvice({ name: "t", grade: "protected", subjects: [], columns: [] }), "Leave it out.");
});

t.test("rows are told which figures to ask for", async (t) => {
  t.equal(rowsAdvice([]), "Ask for figures: SELECT count(*) AS n FROM ….");
  for (const [sql, instead] of [
    [
      "SELECT * FROM person",
      "Ask for figures: SELECT gender, district, count(*) AS n, avg(income) FROM … GROUP BY gender, district.",
    ],
    ["SELECT birth_date FROM person", "Ask for figures: SELECT count(*) AS n FROM …."],
    ["SELECT since, level FROM employment", "Ask for figures: SELECT level, count(*) AS n FROM … GROUP BY level."],
    ["SELECT id_card, count(*) FROM visit GROUP BY id_card", /^Each row is one owner's\. Aggregate once more/],
    ["SELECT gender FROM person LIMIT 3", /GROUP BY gender\. LIMIT may stand behind that\.$/],
  ] as const)
    t.match(await refusalOf(sql), { instead }, sql);
});

t.test("a name that means nothing is told the nearest one of the schema", async (t) => {
  t.match(nameAdvice("persons", sampleSchema), "Perhaps person is meant");
  t.match(nameAdvice("p.Distric", sampleSchema), "Perhaps district is meant");
  t.match(nameAdvice("x", sampleSchema), "The tables here are person, visit, enterprise, employment, region");
  t.match(nameAdvice("a".repeat(5000), sampleSchema), "The tables here are");
  t.match(nameAdvice("", sampleSchema), "The tables here are");
  const many: AgreementSchema = {
    tables: Array.from({ length: 11 }, (_unused, i) => ({ name: `table_${i}`, grade: "public", subjects: [], columns: [] })),
  };
  t.equal(nameAdvice("quite another", many), "Look the names up in the agreement's schema.");
  t.match(nameAdvice("getdate", sampleSchema), "DATE '2026-01-31'");
});

t.test("a function that is not listed is told what is, and nothing answers for an object's own names", async (t) => {
  t.equal(unlistedAdvice("nvl"), "Use coalesce(a, b).");
  t.match(unlistedAdvice("random"), "same answer");
  t.match(unlistedAdvice("current_date"), "Write the day itself");
  t.equal(unlistedAdvice("constructor"), undefined);
});

t.test("what cannot be said better says the code's own text", async (t) => {
  t.match(await refusalOf("SELECT count(*) FROM employment WHERE CAST(level AS BOOLEAN)"), {
    code: "QUERY_FALLIBLE",
    instead: "Drop the cast or function, or apply it to the released figures.",
  });
  t.match(await refusalOf("SELECT count(*) FROM employment WHERE bonus > (SELECT avg(bonus) FROM employment)"), {
    found: "the measure bonus compared with the value of a subquery",
    instead: /^bonus has no declared grid/,
  });
});
