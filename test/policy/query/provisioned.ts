import type { DuckDBConnection } from "@duckdb/node-api";
import { type AgreementSchema, hiddenTables, recordKeyColumn } from "../../../src/policy/query/index.ts";

const numeric = /INT|DOUBLE|DECIMAL|FLOAT/;

/**
 * What provisioning leaves beside the tables of a test: record keys, the profile that certificates rest on, the key of
 * the noise. Record keys are drawn from `secret`, so that another secret is another family.
 */
export async function addHidden(
  connection: DuckDBConnection,
  schema: AgreementSchema,
  secret = "family",
  profiled = false,
): Promise<void> {
  const { profile, noise } = hiddenTables;
  await connection.run(
    `CREATE OR REPLACE TABLE ${profile} ("table" VARCHAR, owner VARCHAR, "by" VARCHAR, measure VARCHAR, most DOUBLE, least DOUBLE);
     CREATE OR REPLACE TABLE ${noise} ("table" VARCHAR, "key" VARCHAR)`,
  );
  for (const { name, grade, subjects, columns } of schema.tables) {
    if (grade === "public") continue;
    // A test's table may leave out columns that its statements never name.
    const there = new Set(
      (await connection.runAndReadAll("SELECT column_name FROM duckdb_columns() WHERE table_name = $1", [name]))
        .getRows()
        .map(([own]) => String(own)),
    );
    if (there.size === 0) continue;
    await connection.run(`INSERT INTO ${noise} VALUES ('${name}', '${secret}')`);
    for (const { column } of subjects.filter((subject) => there.has(subject.column))) {
      const hidden = recordKeyColumn(column);
      await connection.run(
        `ALTER TABLE "${name}" ADD COLUMN IF NOT EXISTS "${hidden}" INTEGER;
         UPDATE "${name}" SET "${hidden}" = CAST(CAST('0x' || md5('${secret}' || CAST("${column}" AS VARCHAR))[1:8] AS BIGINT) - 2147483648 AS INTEGER)`,
      );
      // Small tables are not profiled.
      if (!profiled) continue;
      const measures = columns.filter(({ name: own, type, role }) => numeric.test(type) && role === "measure" && there.has(own));
      const totals = measures.map((m, i) => `, fsum(abs("${m.name}"::DOUBLE)) AS s${i}, min("${m.name}"::DOUBLE) AS l${i}`);
      const rows = [
        `SELECT '' AS m, max(n)::DOUBLE, 0e0 FROM o`,
        ...measures.map((m, i) => `SELECT '${m.name}', max(s${i}), min(l${i}) FROM o`),
      ];
      const groups = columns.filter(({ name: own, role }) => role !== "measure" && role !== "identifier" && there.has(own));
      for (const by of ["", ...groups.map((group) => group.name)]) {
        const grouped = [column, ...(by === "" ? [] : [by])].map((own) => `"${own}"`).join(", ");
        await connection.run(
          `INSERT INTO ${profile} SELECT '${name}', '${column}', '${by}', * FROM (WITH o AS (SELECT count(*) AS n${totals.join("")} FROM "${name}" GROUP BY ${grouped})
           ${rows.join(" UNION ALL ")})`,
        );
      }
    }
  }
}
