import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import t from "tap";
import { compileQuery, platformFloor, shadowDdl } from "../../../src/policy/query/index.ts";
import { comparable } from "../../policy/query/agrees.ts";
import { controlsSchema } from "../../policy/query/controls-schema.ts";
import { astOf, bind, emptyProfile } from "../../policy/query/duckdb-harness.ts";

/**
 * Six hundred people. `within` moves everybody's coarse values inside the cell that the agreement lets be asked, and
 * changes what nobody may ask at all: no statement may tell the two worlds apart.
 */
async function openWorld(within: (person: string, width: number) => string): Promise<DuckDBConnection> {
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  await connection.run(`
    CREATE TABLE person AS SELECT i AS id_card, i AS __rk_id_card,
      -10 + 5 * (i % 9) + ${within("i", 5)} AS age,
      make_date(1985 + i % 7, 1 + i % 12, 1) + ${within("i", 28)} AS born,
      DATE '2024-01-01' + 7 * (i % 9) + ${within("i", 7)} AS week,
      make_date(2020 + i % 3, 1 + 3 * (i % 4), 1) + ${within("i", 90)} AS quarter,
      TIMESTAMP '2024-01-01 00:00:00' + to_days(i % 20) + to_minutes(${within("i", 1440)}) AS arrived,
      make_date(2000 + i % 8, 1, 1) + ${within("i", 365)} AS founded,
      CASE i % 3 WHEN 0 THEN 'B20' WHEN 1 THEN 'I10' ELSE 'J45' END || CASE WHEN ${within("i", 3)} > 0 THEN '.' || ${within("i", 9)} ELSE '' END AS icd10,
      'c' || i % 3 AS code, i % 4 AS level, DATE '2024-01-01' + i % 5 AS on_day, 'p' || i % 2 AS position, 'd' || i % 3 AS district,
      CASE WHEN ${within("i", 2)} = 0 THEN 'x' ELSE 'y' END AS faith, DATE '2010-01-01' + i % 300 AS joined, DATE '2020-01-01' + i % 200 AS left_on,
      10000e0 + 5000 * (i % 7) AS income, 20000e0 + 10 * (i % 9) AS wealth
      FROM (SELECT range::INTEGER AS i FROM range(600));
    CREATE TABLE band AS SELECT 5 * r::INTEGER AS low, 'c' || r AS code, DATE '1985-01-01' + r::INTEGER AS day, 't' || r AS title FROM range(9) t(r);
  `);
  await connection.run(emptyProfile);
  return connection;
}

const worlds = [await openWorld(() => "0"), await openWorld((person, width) => `((${person} * 7 + ${person} // 9) % ${width})`)];
const shadow = await (await DuckDBInstance.create(":memory:")).connect();
await shadow.run(shadowDdl(controlsSchema));
t.teardown(() => {
  for (const world of [...worlds, shadow]) world.closeSync();
});

/** What would run: the steps, then the statement of the result; undefined where the statement is refused. */
async function compiled(sql: string): Promise<readonly string[] | undefined> {
  try {
    const [ast, boundColumns] = [await astOf(shadow, sql), await bind(shadow, sql)];
    const answer = compileQuery({ text: sql, ast, boundColumns, schema: controlsSchema, rules: platformFloor });
    return answer.kind === "refused" ? undefined : answer.check.statements;
  } catch (error) {
    // What the engine does not bind does not run either.
    if (/^(?:Binder|Conversion|Invalid Input|Parser|Catalog) Error/.test(error instanceof Error ? error.message : ""))
      return undefined;
    throw error;
  }
}

async function resultIn(world: DuckDBConnection, statements: readonly string[]): Promise<string> {
  const steps = statements.filter((statement) => statement.startsWith("CREATE TEMP TABLE "));
  const [result = ""] = statements.filter((statement) => !steps.includes(statement));
  for (const step of steps) await world.run(step);
  const rows = (await world.runAndReadAll(result)).getRowsJson();
  for (const step of steps) await world.run(`DROP TABLE ${/^CREATE TEMP TABLE (\S+) AS /.exec(step)?.[1]}`);
  return JSON.stringify(comparable(rows));
}

const column = ["age", "born", "week", "quarter", "arrived", "founded", "icd10", "faith"];
const constants: Readonly<Record<string, readonly string[]>> = {
  age: ["-10", "-5", "0", "20", "5.0", "1e1", "7", "20.5", "NULL", "'20'", "'NaN'::DOUBLE", "-0.0"],
  born: [
    "DATE '1988-03-01'",
    "'1987-01-01'",
    "TIMESTAMP '1988-03-01 00:00:00'",
    "DATE '1988-03-15'",
    "DATE '1988-02-28' + INTERVAL 2 DAY",
  ],
  week: ["DATE '2024-01-08'", "DATE '2024-01-15'", "DATE '2024-01-09'", "DATE '2024-02-01'"],
  quarter: ["DATE '2021-04-01'", "DATE '2021-10-01'", "DATE '2021-05-01'", "DATE '2021-04-02'"],
  arrived: ["DATE '2024-01-08'", "TIMESTAMP '2024-01-08 00:00:00'", "TIMESTAMP '2024-01-08 10:00:00'"],
  founded: ["DATE '2003-01-01'", "DATE '2003-04-01'"],
  icd10: ["'B20'", "'I10.1'", "''"],
  faith: ["'x'", "'y'"],
};
const dateParts = [
  "year",
  "quarter",
  "month",
  "week",
  "day",
  "dow",
  "isodow",
  "doy",
  "hour",
  "decade",
  "century",
  "isoyear",
  "yearweek",
];

/** Whatever might be tried with a column; most of it is refused. */
function viewsOf(name: string): readonly string[] {
  if (name === "age")
    return [
      "x",
      "floor(x / 5)",
      "floor(x / 5) * 5",
      "floor(x / 10)",
      "floor(x / 3)",
      "floor(x / 2.5)",
      "floor(x / 5.0)",
      "x // 5",
      "x // 10 * 10",
      "x % 5",
      "x::DOUBLE",
      "x::VARCHAR",
      "least(x, 20)",
      "least(floor(x / 5), 2)",
      "coalesce(x, 0)",
      "x + 1",
      "x > 20",
      "x <= 20",
      "x < 20",
    ];
  if (name === "icd10" || name === "faith")
    return [
      "x",
      ...[0, 1, 2, 3, 4, 5].flatMap((n) => [`left(x, ${n})`, `substring(x, 1, ${n})`, `substr(x, 2, ${n})`, `right(x, ${n})`]),
      "upper(x)",
      "upper(left(x, 3))",
      "substring(x, 1)",
      "trim(x)",
      "x || 'a'",
      "length(x)",
    ];
  return [
    "x",
    ...dateParts.flatMap((part) => [
      `date_part('${part}', x)`,
      `date_diff('${part}', x, DATE '2025-01-13')`,
      `date_diff('${part}', DATE '2020-01-13', x)`,
      `date_sub('${part}', x, DATE '2025-01-13')`,
      `date_trunc('${part}', x)`,
    ]),
    ...[
      "year(x)",
      "month(x)",
      "day(x)",
      "weekday(x)",
      "dayname(x)",
      "monthname(x)",
      "weekofyear(x)",
      "last_day(x)",
      "strftime(x, '%Y-%m')",
    ],
    ...[
      "x::DATE",
      "x::TIMESTAMP",
      "x::VARCHAR",
      "left(x::VARCHAR, 7)",
      "x - joined",
      "DATE '2025-01-01' - x",
      "x + INTERVAL 1 MONTH",
      "year(x) * 100 + month(x)",
      "date_diff('month', x, joined)",
    ],
    ...["time_bucket(INTERVAL '1 month', x)", "greatest(x, DATE '1990-01-01')", "nullif(x, DATE '1990-01-01')"],
  ];
}

function statementsOf(name: string): readonly string[] {
  const from = "FROM person WHERE";
  const asked = (constants[name] ?? []).flatMap((c) => [
    ...["=", "<>", "<", "<=", ">", ">=", "IS NOT DISTINCT FROM"].flatMap((op) => [`x ${op} ${c}`, `${c} ${op} x`]),
    ...[
      `x IN (${c})`,
      `x BETWEEN ${c} AND ${c}`,
      `NOT x < ${c}`,
      `CASE WHEN x < ${c} THEN TRUE ELSE FALSE END`,
      `nullif(x, ${c}) IS NULL`,
    ],
    `x IN (SELECT ${c})`,
    `x < (SELECT ${c})`,
  ]);
  const patterns = ["'B2%'", "'B20%'", "'B20.%'", "'B20'", "'%0'", "'B__'", "'%.%'", "'x%'", "''", "'%'"].flatMap((p) => [
    `x LIKE ${p}`,
    `x NOT LIKE ${p}`,
    `x ILIKE ${p}`,
    `starts_with(x, ${p})`,
    `regexp_matches(x, ${p})`,
    `contains(x, ${p})`,
  ]);
  const groups = viewsOf(name).flatMap((view) => [
    `SELECT ${view} AS k, count(*) AS n FROM person GROUP BY k`,
    `SELECT count(DISTINCT ${view}) AS n FROM person`,
    `SELECT k, count(*) AS n FROM (SELECT id_card, max(${view}) AS k FROM person GROUP BY id_card) GROUP BY k`,
  ]);
  const joined = ["low", "code", "day"].map(
    (key) => `SELECT title, count(*) AS n FROM person JOIN band ON x = band.${key} GROUP BY title`,
  );
  const owned = [
    `SELECT count(*) AS n FROM (SELECT id_card, count(DISTINCT x) AS c FROM person GROUP BY id_card) WHERE c = 1`,
    `SELECT count(*) AS n FROM (SELECT lag(x) OVER (PARTITION BY id_card ORDER BY joined) AS l FROM person) WHERE l IS NULL`,
    `SELECT sum(CASE WHEN x < ${constants[name]?.[0]} THEN income ELSE 1000 END) AS s FROM person`,
  ];
  return [
    ...[...asked, ...(name === "icd10" || name === "faith" ? patterns : [])].map(
      (condition) => `SELECT count(*) AS n, sum(income) AS s ${from} ${condition}`,
    ),
    ...groups,
    ...joined,
    ...owned,
  ].map((sql) =>
    sql
      .replace(/\bx\b(?!')/g, `person.${name}`)
      .replaceAll(`FROM (SELECT id_card, max(person.`, "FROM (SELECT id_card, max(person."),
  );
}

async function figures(sql: string): Promise<readonly string[] | undefined> {
  const statements = await compiled(sql);
  if (statements === undefined) return undefined;
  const shown: string[] = [];
  for (const world of worlds) shown.push(await resultIn(world, statements));
  return shown;
}

for (const name of column)
  t.test(`no statement tells values of ${name} that lie in one cell apart`, async (t) => {
    let [taken, telling] = [0, 0];
    for (const sql of statementsOf(name)) {
      const shown = await figures(sql);
      if (shown === undefined) continue;
      taken += 1;
      if (shown[0] !== "[]" && shown[0] !== '["[null]"]') telling += 1;
      if (new Set(shown).size > 1) t.fail(sql, { shown });
    }
    t.ok(taken > 0, `${taken} statements are taken, ${telling} of them show figures`);
    t.ok(telling > 0 || name === "faith");
  });
