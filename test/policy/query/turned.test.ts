import t from "tap";
import { agreesWith } from "./agrees.ts";
import { openPeople } from "./people-database.ts";
import { refusalOf } from "./refusals.ts";

t.test("released figures are turned, chosen by name and renamed like public ones", async (t) => {
  const connection = await openPeople();
  t.teardown(() => connection.closeSync());
  const agrees = agreesWith(connection);
  for (const sql of [
    "PIVOT (SELECT district, gender, count(*) AS n FROM person GROUP BY ALL) ON gender IN ('F', 'M') USING sum(n)",
    "SELECT * FROM (SELECT district, gender, avg(income) AS m FROM person GROUP BY ALL) PIVOT (max(m) FOR gender IN ('F' AS f, 'M' AS m)) ORDER BY ALL",
    "UNPIVOT (SELECT district, count(*) AS n, count(income) AS i FROM person GROUP BY district) ON n, i INTO NAME figure VALUE v",
    "SELECT COLUMNS(c -> c LIKE '%e') FROM (SELECT gender, count(*) AS people FROM person GROUP BY gender)",
    "SELECT * EXCLUDE (n) RENAME (district AS d) FROM (SELECT district, count(*) AS n, sum(income) AS s FROM person GROUP BY district)",
    "SELECT district, count(*), sum(COLUMNS('^inc')) FROM person GROUP BY district",
    "SELECT sum(income), count(*) FROM (SELECT * EXCLUDE (birth_date) FROM person)",
    'SELECT "count_star()" * 2 AS twice FROM (SELECT gender, count(*) FROM person GROUP BY gender)',
  ])
    await agrees(t, sql);
});

t.test("protected rows are not turned, and choosing columns by name chooses nothing that could not be written", async (t) => {
  for (const [sql, code] of [
    ["PIVOT person ON gender IN ('F', 'M') USING count(*) GROUP BY district", "QUERY_CLAUSE_UNSUPPORTED"],
    ["UNPIVOT (SELECT gender, district FROM person) ON gender, district INTO NAME n VALUE v", "QUERY_CLAUSE_UNSUPPORTED"],
    ["SELECT count(*) FROM (UNPIVOT person ON COLUMNS('id_card|name|phone|gender|district'))", "QUERY_CLAUSE_UNSUPPORTED"],
    ["SELECT COLUMNS('income') FROM person", "QUERY_ROWS_NOT_SHOWN"],
    ["SELECT * EXCLUDE (id_card) FROM person", "QUERY_ROWS_NOT_SHOWN"],
    ["SELECT max(COLUMNS('income')) FROM person", "QUERY_AGGREGATE_REFUSED"],
    ["SELECT min(COLUMNS(*)) FROM person", "QUERY_AGGREGATE_REFUSED"],
    ["SELECT count(*) FROM person WHERE COLUMNS('income') = 12345", "QUERY_MEASURE_CONDITION"],
    ["SELECT #2, count(*) FROM person GROUP BY 1", "QUERY_IDENTIFIER_USE"],
    ["SELECT greatest(*COLUMNS('income|birth_date')) FROM person", "rejected"],
    ["SELECT sum(income) FROM (SELECT * REPLACE (power(income, 9) AS income) FROM person)", "QUERY_MEASURE_SHAPE"],
    ["SELECT count(*) FROM person WHERE (district -> 'a') = '1'", "QUERY_CONDITION"],
    ["SELECT count(*) FROM employment WHERE grades[2:] IS NULL", "QUERY_CONDITION"],
    ["SELECT count(CAST(note AS JSON)) FROM employment", "QUERY_FREE_TEXT_USE"],
    ["SELECT count(*) FROM person WHERE CAST(district AS ENUM('D0')) = 'D0'", "QUERY_FALLIBLE"],
    ["SELECT count(*) FROM employment, json_each(note)", "QUERY"],
  ] as const) {
    const answer = await refusalOf(sql);
    t.ok((typeof answer === "string" ? answer : answer.code).startsWith(code), `${sql} → ${JSON.stringify(answer)}`);
  }
});
