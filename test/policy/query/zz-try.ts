import { corpusSchema, openCorpus } from "/work/wt/sql/test/policy/query/corpus-database.ts";
import { compileText, runPlan, sealText } from "/work/wt/sql/test/policy/query/duckdb-harness.ts";
const c = await openCorpus();
for (const sql of process.argv.slice(2)) {
  console.log("\n##", sql);
  const o = await compileText(sql, corpusSchema);
  if (o.kind !== "draft") { console.log(JSON.stringify(o)); continue; }
  if (process.env['SQL']) console.log(o.draft.releases.map(r=>r.body).join("\n"), "\n", o.draft.resultSql);
  const r = await runPlan(await sealText(o.draft), c);
  console.log(r.columns.join(" | ")); for (const row of r.rows.slice(0, 12)) console.log(row.join(" | "));
  if (process.env['EV']) console.log(r.evidence.slice(0,5));
  try { const p = await c.runAndReadAll(sql); console.log("--raw"); for (const row of p.getRowsJson().slice(0, 12)) console.log(row.join(" | ")); } catch (e) { console.log("raw", String(e).slice(0,200)); }
}
