import { platformFloor, type QueryRefusal, type WrittenParameters } from "../../../src/policy/query/index.ts";
import { compileText } from "./duckdb-harness.ts";
import { sampleSchema } from "./sample-schema.ts";

/** The refusal of a statement, or what came instead of one. */
export async function refusalOf(sql: string, parameters: WrittenParameters = {}): Promise<QueryRefusal | string> {
  const outcome = await compileText(sql, sampleSchema, platformFloor, parameters);
  if (outcome.kind === "refused") return outcome.refusal;
  return outcome.kind === "rejected" ? `rejected by the engine: ${outcome.message}` : "compiled";
}

export async function codeOf(sql: string, parameters: WrittenParameters = {}): Promise<string> {
  const answer = await refusalOf(sql, parameters);
  return typeof answer === "string" ? answer : answer.code;
}
