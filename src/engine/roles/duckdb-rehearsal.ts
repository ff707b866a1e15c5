import { DuckDBInstance } from "@duckdb/node-api";

/** Rows enough that the engine takes the ways of real queries: several vectors, a hash table, a sort. */
const rows = 3000;

/** What every governed plan does: two levels of groups, filters, exact sums, the two largest, a verdict. */
const steps = [
  `CREATE TEMP TABLE stage AS SELECT i AS owner, CASE WHEN i % 3 = 0 THEN 'a' ELSE 'b' END AS label, i * 1.5 AS amount,
     DATE '2000-01-01' + CAST(i AS INTEGER) AS day FROM range(${rows}) t(i)`,
  `CREATE TEMP TABLE cells AS
     WITH kept AS (SELECT label AS k, owner AS o, amount AS m, ((amount IS NOT NULL) IS NOT DISTINCT FROM TRUE) AS f FROM stage
       WHERE day > DATE '2000-02-01' AND label IN ('a', 'b')),
     per AS (SELECT k, o, count(*) FILTER (WHERE f) AS n, fsum(m) FILTER (WHERE f) AS s FROM kept GROUP BY k, o)
     SELECT k, count(*) FILTER (WHERE n > 0 AND o IS NOT NULL) AS owners, CAST(coalesce(sum(n), 0) AS BIGINT) AS n, fsum(s) AS s,
       fsum(abs(CAST(s AS DOUBLE))) FILTER (WHERE n > 0) AS total, max(abs(CAST(s AS DOUBLE)), 2) FILTER (WHERE n > 0) AS top
     FROM per GROUP BY k`,
];
const result = `SELECT k, CASE WHEN owners < 10 THEN NULL WHEN isfinite(s) AND top[1] + top[2] < 0.9 * total THEN s / n END AS m
  FROM cells WHERE owners >= 10 ORDER BY m DESC NULLS LAST, k`;

/**
 * An engine that has run a plan's like: its code is paged in and its functions are known before anyone
 * waits. Nothing of the rehearsal is left in it; threads and memory are set anew for each run.
 */
export async function rehearse(): Promise<DuckDBInstance> {
  const engine = await DuckDBInstance.create(":memory:", {
    threads: "2",
    autoinstall_known_extensions: "false",
    autoload_known_extensions: "false",
  });
  const stage = await engine.connect();
  for (const step of steps) await stage.run(step);
  const streamed = await stage.stream(result);
  for await (const chunk of streamed.yieldRowsJson()) JSON.stringify(chunk);
  // Temporary tables go with their connection.
  stage.closeSync();
  return engine;
}
