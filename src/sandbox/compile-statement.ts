import type { Compiler } from "../engine/index.ts";
import {
  type AgreementSchema,
  compileQuery,
  type GovernedPlan,
  type QueryRefusal,
  type ReleaseRules,
  sealPlan,
  shadowDdl,
} from "../policy/index.ts";

/** The compiler process's own refusal, in the form of the compiler's. */
interface EdgeRefusal {
  readonly kind: "refused";
  readonly code: string;
  readonly at?: { readonly line: number; readonly column: number } | undefined;
  readonly rule: string;
  readonly found: string;
  readonly instead: string;
}

export type StatementRefusal = QueryRefusal | EdgeRefusal;

export interface CompiledStatement {
  readonly kind: "compiled";
  readonly plan: GovernedPlan;
  /** Where the first fence and the engine read the statement differently; recorded, not obeyed. */
  readonly disagreement: string | undefined;
}

const edge: Readonly<Record<string, { readonly code: string; readonly rule: string; readonly instead: string }>> = {
  size: {
    code: "QUERY_TOO_LARGE",
    rule: "A statement has a greatest length.",
    instead: "Split the work into several statements.",
  },
  depth: {
    code: "QUERY_TOO_DEEP",
    rule: "Expressions and subqueries nest to a fixed depth only.",
    instead: "Flatten the parentheses, or name intermediate results with WITH.",
  },
  firewall: {
    code: "QUERY_NOT_ONE_SELECT",
    rule: "A job is exactly one SELECT (or WITH … SELECT) statement.",
    instead: "Submit one SELECT per job; nothing else runs in the enclave.",
  },
  syntax: {
    code: "QUERY_SYNTAX",
    rule: "The statement must be SQL as DuckDB reads it.",
    instead: "Correct the statement at this place.",
  },
  bind: {
    code: "QUERY_BIND",
    rule: "Names and types must fit the agreement's schema.",
    instead: "Look the names and types up in the agreement's schema.",
  },
};

/**
 * Text to sealed plan (design §5): parsed and bound in a compiler process, governed by the policy,
 * emitted, read back, sealed. Any other outcome is a refusal about the caller's own text.
 */
export async function compileStatement(
  compiler: Compiler,
  input: { readonly sql: string; readonly schema: AgreementSchema; readonly rules: ReleaseRules },
): Promise<CompiledStatement | StatementRefusal> {
  const parsed = await compiler.parse({ ddl: shadowDdl(input.schema), sql: input.sql });
  if (parsed.kind === "rejected") {
    const text = edge[parsed.stage] ?? {
      code: "QUERY_UNREADABLE",
      rule: "The statement must be one that the platform reads completely.",
      instead: "Write the statement in plain SELECT form.",
    };
    return {
      kind: "refused",
      code: text.code,
      at: parsed.position,
      rule: text.rule,
      found: parsed.message,
      instead: text.instead,
    };
  }
  const draft = compileQuery({
    text: input.sql,
    ast: parsed.ast,
    boundColumns: parsed.columns,
    schema: input.schema,
    rules: input.rules,
  });
  if (draft.kind === "refused") return draft;
  const checked = await compiler.check(draft.check);
  if (checked.kind === "rejected") {
    // The emitter wrote what the engine does not take: our bug, and the statement does not run.
    return {
      kind: "refused",
      code: "QUERY_UNREADABLE",
      rule: "The governed form of the statement must bind.",
      found: "a combination the platform cannot translate yet",
      instead: "Write the statement in another form.",
    };
  }
  return { kind: "compiled", plan: sealPlan(draft, checked), disagreement: parsed.firewall.disagreement };
}
