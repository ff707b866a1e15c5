import type { QueryRefusal } from "../../../src/policy/query/index.ts";
import { compileText } from "./duckdb-harness.ts";
import { sampleSchema } from "./sample-schema.ts";

/** The refusal of a statement, or what came instead of one. */
export async function refusalOf(sql: string): Promise<QueryRefusal | string> {
  const outcome = await compileText(sql, sampleSchema);
  if (outcome.kind === "refused") return outcome.refusal;
  return outcome.kind === "rejected" ? `rejected by the engine: ${outcome.message}` : "compiled";
}

export async function codeOf(sql: string): Promise<string> {
  const answer = await refusalOf(sql);
  return typeof answer === "string" ? answer : answer.code;
}
