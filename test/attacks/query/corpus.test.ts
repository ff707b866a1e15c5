import t from "tap";
import { corpusFolder, corpusSchema, openCorpus, readCases } from "../../policy/query/corpus-database.ts";
import { compileText, runPlan, sealText } from "../../policy/query/duckdb-harness.ts";

const skip = corpusFolder === undefined ? "the corpus does not stand beside the repository" : false;
const fewest = 10;

/** All figures of the evidence that passed although fewer than k owners stand behind them. */
function unsafeCells(evidence: readonly Readonly<Record<string, unknown>>[]): readonly string[] {
  return evidence.flatMap((row) =>
    Object.keys(row).flatMap((column) => {
      const atom = /^(a\d+)_verdict$/.exec(column)?.[1];
      if (atom === undefined || row[column] !== "pass") return [];
      const [owners, total, top1, top2] = ["owners", "total_abs", "top1", "top2"].map((figure) =>
        Number(row[`${atom}_${figure}`]),
      );
      const safe = Number(owners) >= fewest && Number(top1) + Number(top2) < 0.9 * Number(total);
      return safe ? [] : [`${atom}: ${JSON.stringify(row)}`];
    }),
  );
}

t.test("no single attack statement of the corpus gets an unsafe cell", { skip }, async (t) => {
  const connection = await openCorpus();
  t.teardown(() => connection.closeSync());
  for (const { id, sql, expect } of readCases("attacks.json")) {
    if (sql === undefined) continue;
    const outcome = await compileText(sql, corpusSchema);
    if (outcome.kind !== "draft") {
      t.pass(`${id}: ${outcome.kind}`);
      continue;
    }
    const { rows, evidence } = await runPlan(await sealText(outcome.draft), connection);
    const shown = rows.flat().filter((value) => value !== null).length;
    t.same(unsafeCells(evidence), [], `${id}: every shown cell is safe`);
    if (expect === "reject") t.equal(shown, 0, `${id}: nothing protected is shown`);
  }
});

t.test("honest statements of the corpus compile, run and are safe", { skip }, async (t) => {
  const connection = await openCorpus();
  t.teardown(() => connection.closeSync());
  const cases = readCases("legit.json");
  const refused: string[] = [];
  for (const { id, sql = "" } of cases) {
    const outcome = await compileText(sql, corpusSchema);
    if (outcome.kind !== "draft") {
      refused.push(`${id} (${outcome.kind === "refused" ? outcome.refusal.found : outcome.message})`);
      continue;
    }
    const { rows, evidence } = await runPlan(await sealText(outcome.draft), connection);
    t.ok(rows.length > 0, `${id} shows something`);
    t.same(unsafeCells(evidence), [], `${id}: every shown cell is safe`);
  }
  t.comment(`${cases.length - refused.length} of ${cases.length} honest statements are accepted; refused: ${refused.join("; ")}`);
});

t.test("figures that pass equal the plain engine's", { skip }, async (t) => {
  const connection = await openCorpus();
  t.teardown(() => connection.closeSync());
  for (const sql of [
    "SELECT district, count(*) AS n, avg(income) AS m FROM person WHERE district <> 'C' GROUP BY district HAVING count(*) >= 30 ORDER BY district",
    "SELECT p.gender, v.hospital, count(DISTINCT p.id_card) AS n, sum(v.cost) AS s FROM person p JOIN visit v USING (id_card) GROUP BY ALL ORDER BY ALL",
    "SELECT year(visit_date) AS y, count(*) AS n, sum(cost * cost) AS s FROM visit GROUP BY y ORDER BY y",
  ]) {
    const outcome = await compileText(sql, corpusSchema);
    t.equal(outcome.kind, "draft", sql);
    if (outcome.kind !== "draft") continue;
    const governed = await runPlan(await sealText(outcome.draft), connection);
    const plain = new Map(
      (await connection.runAndReadAll(sql))
        .getRowsJson()
        .map((row) => [JSON.stringify(row.filter((value) => typeof value === "string" && !/^\d/.test(value))), row]),
    );
    t.ok(governed.rows.length > 1, "several rows are shown");
    for (const row of governed.rows) {
      const keys = JSON.stringify(row.filter((value) => typeof value === "string" && !/^\d/.test(value)));
      const raw = plain.get(keys) ?? [];
      if (keys === "[]") continue;
      row.forEach((value, i) => {
        if (value === null || (typeof raw[i] === "string" && !/^\d/.test(String(raw[i])))) return;
        const [a, b] = [Number(value), Number(raw[i])];
        t.ok(Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(b)), `${keys}[${i}]: ${a} = ${b}`);
      });
    }
  }
});
