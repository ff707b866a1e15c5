import { existsSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { dirname } from "node:path";
import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import type { AgreementSchema } from "../../src/policy/index.ts";

/** What the bench's statements see. */
export const governedSchema: AgreementSchema = {
  tables: [
    {
      name: "person",
      grade: "protected",
      subjects: [{ kind: "person", column: "id_card", unique: true }],
      columns: [
        { name: "id_card", type: "VARCHAR", role: "identifier" },
        { name: "birth_date", type: "DATE", role: "quasi-identifier" },
        { name: "gender", type: "VARCHAR", role: "quasi-identifier" },
        { name: "district", type: "VARCHAR", role: "quasi-identifier" },
        { name: "income", type: "DOUBLE", role: "measure", grid: 10_000 },
      ],
    },
    {
      name: "visit",
      grade: "protected",
      subjects: [{ kind: "person", column: "id_card", unique: false }],
      columns: [
        { name: "id_card", type: "VARCHAR", role: "identifier" },
        { name: "hospital", type: "VARCHAR", role: "quasi-identifier" },
        { name: "icd10", type: "VARCHAR", role: "attribute" },
        { name: "visit_date", type: "DATE", role: "quasi-identifier" },
        { name: "cost", type: "DOUBLE", role: "measure", grid: 500 },
      ],
    },
    {
      name: "enterprise",
      grade: "protected",
      subjects: [{ kind: "enterprise", column: "uscc", unique: true }],
      columns: [
        { name: "uscc", type: "VARCHAR", role: "identifier" },
        { name: "industry", type: "VARCHAR", role: "quasi-identifier" },
        { name: "region", type: "VARCHAR", role: "quasi-identifier" },
        { name: "tax", type: "DOUBLE", role: "measure", grid: 10_000 },
      ],
    },
    {
      name: "employment",
      grade: "protected",
      subjects: [
        { kind: "person", column: "worker", unique: false },
        { kind: "enterprise", column: "employer", unique: false },
      ],
      columns: [
        { name: "worker", type: "VARCHAR", role: "identifier" },
        { name: "employer", type: "VARCHAR", role: "identifier" },
        { name: "position", type: "VARCHAR", role: "quasi-identifier" },
        { name: "wage", type: "DOUBLE", role: "measure", grid: 500 },
      ],
    },
  ],
};

/** A number in [0, 1) that hangs on the row alone. */
const uniform = (row: string, salt: number): string => `((hash(${row} * 31 + ${salt}) % 1000003) / 1000003e0)`;
const normal = (row: string, salt: number): string =>
  `sqrt(-2 * ln(${uniform(row, salt)} + 1e-7)) * cos(6.283185307 * ${uniform(row, salt + 1)})`;
const key = (id: string): string => `CAST(CAST(hash(${id} * 17) % 4294967296 AS BIGINT) - 2147483648 AS INTEGER)`;

/** Tables as provisioning leaves them: owners as whole numbers, record keys beside them. */
function tables(scale: number): readonly string[] {
  const [people, visits, firms] = [1_000_000, 10_000_000, 100_000].map((n) => Math.round(n * scale));
  return [
    `CREATE TABLE person AS SELECT i AS id_card, DATE '1940-01-01' + CAST(floor(25000 * ${uniform("i", 1)}) AS INTEGER) AS birth_date,
      CASE WHEN ${uniform("i", 2)} < 0.5 THEN 'M' ELSE 'F' END AS gender, 'D' || CAST(floor(120 * ${uniform("i", 3)}) AS INTEGER) AS district,
      round(exp(10.5 + 0.6 * ${normal("i", 4)}), 2) AS income, ${key("i")} AS "__rk_id_card" FROM range(${people}) r(i)`,
    `CREATE TABLE visit AS SELECT p AS id_card, 'H' || CAST(floor(200 * ${uniform("v", 6)}) AS INTEGER) AS hospital,
      'I' || CAST(floor(40 * ${uniform("v", 7)}) AS INTEGER) AS icd10, DATE '2023-01-01' + CAST(floor(730 * ${uniform("v", 8)}) AS INTEGER) AS visit_date,
      round(exp(5.5 + 0.8 * ${normal("v", 9)}), 2) AS cost, ${key("p")} AS "__rk_id_card"
      FROM (SELECT v, CAST(floor(${people} * ${uniform("v", 11)}) AS BIGINT) AS p FROM range(${visits}) r(v))`,
    `CREATE TABLE enterprise AS SELECT i AS uscc, 'S' || CAST(floor(20 * ${uniform("i", 12)}) AS INTEGER) AS industry,
      'R' || CAST(floor(12 * ${uniform("i", 13)}) AS INTEGER) AS region, round(exp(11 + ${normal("i", 14)}), 2) AS tax, ${key("(i + 77)")} AS "__rk_uscc"
      FROM range(${firms}) r(i)`,
    `CREATE TABLE employment AS SELECT i AS worker, e AS employer, 'P' || CAST(floor(8 * ${uniform("i", 16)}) AS INTEGER) AS position,
      round(exp(8.5 + 0.4 * ${normal("i", 17)}), 2) AS wage, ${key("i")} AS "__rk_worker", ${key("(e + 77)")} AS "__rk_employer"
      FROM (SELECT i, CAST(floor(${firms} * ${uniform("i", 19)}) AS BIGINT) AS e FROM range(${people}) r(i))`,
  ];
}

/** The profile and the secret that provisioning writes (`duckdb-provision.ts`). */
async function addHidden(connection: DuckDBConnection): Promise<void> {
  await connection.run(
    'CREATE TABLE __profile ("table" VARCHAR, owner VARCHAR, "by" VARCHAR, measure VARCHAR, most DOUBLE, least DOUBLE); CREATE TABLE __noise ("table" VARCHAR, "key" VARCHAR)',
  );
  for (const { name, subjects, columns } of governedSchema.tables) {
    await connection.run(`INSERT INTO __noise VALUES ('${name}', 'bench')`);
    const measures = columns.filter(({ role }) => role === "measure").map((column) => column.name);
    const groups = columns.filter(({ role }) => role === "quasi-identifier" || role === "attribute");
    for (const { column } of subjects)
      for (const by of ["", ...groups.map((group) => group.name)]) {
        const totals = measures.map((measure, i) => `, sum(abs(${measure})) AS s${i}, min(${measure}) AS l${i}`).join("");
        const owners = `SELECT count(*) AS n${totals} FROM ${name} GROUP BY ${[column, by].filter((one) => one !== "").join(", ")}`;
        const lines = [
          "SELECT '', max(n)::DOUBLE, 0e0 FROM o",
          ...measures.map((m, i) => `SELECT '${m}', max(s${i}), min(l${i}) FROM o`),
        ];
        await connection.run(
          `INSERT INTO __profile SELECT '${name}', '${column}', '${by}', * FROM (WITH o AS MATERIALIZED (${owners}) ${lines.join(" UNION ALL ")})`,
        );
      }
  }
}

/** The database of a scale, built once and kept. */
export async function openGovernedData(path: string, scale: number, note: (text: string) => void): Promise<DuckDBConnection> {
  const options = { threads: String(availableParallelism()) };
  if (!existsSync(path)) {
    note(`building ${path}`);
    await mkdir(dirname(path), { recursive: true });
    await rm(`${path}.part`, { force: true });
    const instance = await DuckDBInstance.create(`${path}.part`, options);
    const connection = await instance.connect();
    for (const table of tables(scale)) await connection.run(table);
    await addHidden(connection);
    await connection.run("CHECKPOINT");
    connection.closeSync();
    instance.closeSync();
    await rename(`${path}.part`, path);
  }
  const instance = await DuckDBInstance.create(path, { ...options, access_mode: "READ_ONLY" });
  return instance.connect();
}
