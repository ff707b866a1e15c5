import { columnOf, isRecord, isText, listOf } from "./message-shape.ts";
import type { RunAnswer, RunEvidence, RunFailureCode, RunTable, RunValue } from "./run-messages.ts";

const failures: readonly RunFailureCode[] = ["ENGINE_MEMORY", "ENGINE_RESULT_TOO_LARGE", "ENGINE_QUERY_FAILED"];

/** Reads what a run worker sent; undefined for anything malformed. */
export function readRunAnswer(value: unknown): RunAnswer | undefined {
  if (!isRecord(value)) return undefined;
  if (value["kind"] === "failed") {
    const code = failures.find((one) => one === value["code"]);
    return code === undefined ? undefined : { kind: "failed", code };
  }
  const table = tableOf(value);
  const evidence = listOf(value["evidence"], evidenceOf);
  return value["kind"] !== "done" || table === undefined || evidence === undefined
    ? undefined
    : { kind: "done", ...table, evidence };
}

function tableOf(value: Readonly<Record<string, unknown>>): RunTable | undefined {
  const columns = listOf(value["columns"], columnOf);
  if (columns === undefined) return undefined;
  const rows = listOf(value["rows"], (row) => (isRow(row) && row.length === columns.length ? row : undefined));
  return rows === undefined ? undefined : { columns, rows };
}

/** Parsed JSON is made of RunValues and nothing else; only the row's own shape is in question. */
function isRow(value: unknown): value is readonly RunValue[] {
  return Array.isArray(value);
}

function evidenceOf(value: unknown): RunEvidence | undefined {
  if (!isRecord(value) || !isText(value["release"])) return undefined;
  const table = tableOf(value);
  return table === undefined ? undefined : { release: value["release"], ...table };
}
