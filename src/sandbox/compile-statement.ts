import type { BoundColumn, Compiler, Rejected, RejectionStage } from "../engine/index.ts";
import {
  type AgreementSchema,
  bindParameters,
  compileQuery,
  engineText,
  type GovernedPlan,
  parameterAt,
  type QueryRefusal,
  type ReleaseRules,
  refusalTexts,
  type StatementRefusalCode,
  sealPlan,
  shadowDdl,
} from "../policy/index.ts";
import { engineAdvice } from "./engine-advice.ts";
import type { Statement } from "./statement.ts";

/** The compiler process's own refusal, in the form of the compiler's. */
interface EdgeRefusal {
  readonly kind: "refused";
  readonly code: StatementRefusalCode;
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

const edge: Readonly<Record<RejectionStage, StatementRefusalCode>> = {
  size: "QUERY_TOO_LARGE",
  depth: "QUERY_TOO_DEEP",
  firewall: "QUERY_NOT_ONE_SELECT",
  syntax: "QUERY_SYNTAX",
  bind: "QUERY_BIND",
  limit: "QUERY_TOO_HARD",
};

/** What the compiler process says of a name that no table in scope has; one wording for absent and out of scope. */
const notInScope = / is not in scope\.$/;

/** The policy says the same of a name that the engine knows and the agreement does not. */
function codeOf(rejected: Rejected): StatementRefusalCode {
  if (notInScope.test(rejected.message)) return "QUERY_NAME_UNKNOWN";
  return rejected.message.startsWith("Ambiguous reference") ? "QUERY_NAME_AMBIGUOUS" : edge[rejected.stage];
}

interface CompileInput extends Statement {
  readonly schema: AgreementSchema;
  readonly rules: ReleaseRules;
}

interface ReadStatement {
  readonly kind: "read";
  readonly ast: string;
  readonly columns: readonly BoundColumn[];
  readonly disagreement: string | undefined;
}

/** The engine's own hint to cast: a cast of a protected value is what the rules refuse next. */
const castHint = / You might need to add explicit type casts\.$/;

function refusalOf(rejected: Rejected, { sql, schema }: CompileInput): EdgeRefusal {
  const code = codeOf(rejected);
  const { rule, instead: usual } = refusalTexts[code];
  const instead = engineAdvice(rejected, sql, schema, usual);
  return { kind: "refused", code, at: rejected.position, rule, found: rejected.message.replace(castHint, ""), instead };
}

/** The engine's tree of the statement with every parameter's value in its place. */
async function readStatement(compiler: Compiler, input: CompileInput): Promise<ReadStatement | StatementRefusal> {
  const { sql, parameters } = input;
  const ddl = shadowDdl(input.schema);
  const parsed = await compiler.parse({ ddl, sql: engineText(sql, parameters) });
  if (parsed.kind === "rejected")
    return (parsed.stage === "syntax" ? parameterAt(sql, parsed.position, parameters) : undefined) ?? refusalOf(parsed, input);
  const tree = bindParameters({ text: sql, ast: parsed.ast, parameters });
  if ("kind" in tree) return tree;
  const described = tree.bound ? await compiler.describe({ ddl, ast: tree.ast }) : parsed;
  if (described.kind === "rejected") return refusalOf(described, input);
  return { kind: "read", ast: tree.ast, columns: described.columns, disagreement: parsed.firewall.disagreement };
}

/** The first character of the statement: the place of what has no place of its own in the engine's tree, as its kind has not. */
function beginningOf(sql: string): { readonly line: number; readonly column: number } {
  const lines = sql.slice(0, sql.length - sql.trimStart().length).split("\n");
  return { line: lines.length, column: Array.from(lines.at(-1) ?? "").length + 1 };
}

/**
 * Text to sealed plan (design §5): parsed and bound in a compiler process, governed by the policy,
 * emitted, read back, sealed. Any other outcome is a refusal about the caller's own text, with a place in it.
 */
export async function compileStatement(compiler: Compiler, input: CompileInput): Promise<CompiledStatement | StatementRefusal> {
  const outcome = await compile(compiler, input);
  if (outcome.kind === "compiled" || outcome.at !== undefined) return outcome;
  return { ...outcome, at: beginningOf(input.sql) };
}

async function compile(compiler: Compiler, input: CompileInput): Promise<CompiledStatement | StatementRefusal> {
  const read = await readStatement(compiler, input);
  if (read.kind === "refused") return read;
  const draft = compileQuery({
    text: input.sql,
    ast: read.ast,
    boundColumns: read.columns,
    schema: input.schema,
    rules: input.rules,
  });
  if (draft.kind === "refused") return draft;
  const checked = await compiler.check(draft.check);
  if (checked.kind === "rejected") {
    // What was written is longer than what was read, and may be too much where that was not.
    if (checked.stage === "limit") return refusalOf(checked, input);
    // The emitter wrote what the engine does not take: our bug, and the statement does not run.
    return {
      kind: "refused",
      code: "QUERY_UNREADABLE",
      rule: "The governed form of the statement must bind.",
      found: "a combination the platform cannot translate yet",
      instead: "Write the statement in another form.",
    };
  }
  return { kind: "compiled", plan: sealPlan(draft, checked), disagreement: read.disagreement };
}
