import { nameAdvice } from "./advice/name-advice.ts";
import { rowsAdvice } from "./advice/rows-advice.ts";
import { compileTree } from "./plan/compile-tree.ts";
import { draftPlan, type PlanColumn, type PlanDraft } from "./plan/draft.ts";
import { createEnv } from "./plan/env.ts";
import { readStatement } from "./read/statement.ts";
import { type QueryRefusal, refusable, stop } from "./refusal.ts";
import type { Bound } from "./resolve/field.ts";
import type { ReleaseRules } from "./rules.ts";
import type { AgreementSchema } from "./schema.ts";
import { someNode } from "./tree/rebuild.ts";

export interface CompileRequest {
  /** The operator's statement; places in refusals are lines and columns of it. */
  readonly text: string;
  /** `json_serialize_sql` of that text. */
  readonly ast: string;
  /** Output columns as the shadow tables bound them: the result keeps these names. */
  readonly boundColumns: readonly PlanColumn[];
  readonly schema: AgreementSchema;
  readonly rules: ReleaseRules;
}

const unnests = (expr: Bound): boolean => someNode(expr, (node) => node.kind === "call" && node.fn === "unnest");

function compile(request: CompileRequest): PlanDraft {
  const { schema, rules, boundColumns } = request;
  const tree = readStatement(request.ast);
  const env = createEnv(schema, compileTree);
  const compiled = compileTree(tree, env);
  if (compiled.kind === "subject") {
    const advice = rowsAdvice(compiled.columns.map((column) => column.expr));
    return stop("QUERY_ROWS_NOT_SHOWN", tree.at, "single rows of protected tables in the result", advice);
  }
  const names = boundColumns.map((column) => column.name);
  const { items } = compiled.query;
  if (items.length < names.length && items.some(unnests)) {
    return stop(
      "QUERY_CLAUSE_UNSUPPORTED",
      tree.at,
      "unnest of a struct, which spreads into columns",
      "Name its fields: s.a, s.b.",
    );
  }
  if (names.length !== items.length) {
    return stop("QUERY_UNREADABLE", tree.at, `${items.length} output columns where the engine bound ${names.length}`);
  }
  return draftPlan({ query: compiled.query, names, state: env.state, schema, rules });
}

const unknownTable = "the table ";

/** Compiles one statement under one agreement: a draft that `sealPlan` turns into a plan, or a refusal that teaches. */
export function compileQuery(request: CompileRequest): PlanDraft | QueryRefusal {
  const answer = refusable(request.text, () => compile(request));
  if (answer.kind !== "refused" || !answer.found.startsWith(unknownTable)) return answer;
  // A table that the engine has and the agreement has not is answered like one that nobody has.
  return { ...answer, instead: nameAdvice(answer.found.slice(unknownTable.length), request.schema) };
}
