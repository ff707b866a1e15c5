import type { Compiler } from "../engine/index.ts";
import { type AuthenticatedActor, toActor } from "../identity/index.ts";
import { isRefusal, type Refusal } from "../kernel/index.ts";
import { type ExplainedRelation, explainPlan, type GovernedPlan } from "../policy/index.ts";
import { compileStatement, type StatementRefusal } from "./compile-statement.ts";
import type { JobAccess } from "./job-access.ts";
import type { JobContext } from "./job-context.ts";
import type { Quotas } from "./quotas.ts";
import type { JobRefusalCode } from "./refusals.ts";
import { hashStatement } from "./statement.ts";
import type { ResolveStatement, StatementRequest } from "./statement-source.ts";

/** What a statement would do, from its text and the agreement's schema alone; its data are not asked, nor need there be any. */
export type Explanation =
  | {
      readonly accepted: true;
      readonly columns: GovernedPlan["columns"];
      readonly tables: readonly string[];
      /** Each place where owners disappear: whose rows, which figures, which rules. */
      readonly relations: readonly ExplainedRelation[];
    }
  | { readonly accepted: false; readonly refusal: RefusalAnswer };

/** A statement's refusal, as a job's answer and an explanation tell it. */
export type RefusalAnswer = {
  readonly code: string;
  readonly at?: { readonly line: number; readonly column: number };
  readonly rule: string;
  readonly found: string;
  readonly instead: string;
};

export interface Explain {
  explain(
    actor: AuthenticatedActor,
    request: StatementRequest & { readonly agreement: string },
  ): Promise<Explanation | Refusal<JobRefusalCode>>;
}

/**
 * Explanations of one operator at one time, at this gateway: each holds a compiler, of which all jobs of
 * this gateway share a few. Every gateway has its own compilers, so there is nothing to bound over all.
 */
const mostAtOnce = 2;

export function refusalAnswer({ code, at, rule, found, instead }: StatementRefusal): RefusalAnswer {
  return { code, ...(at === undefined ? {} : { at: { line: at.line, column: at.column } }), rule, found, instead };
}

export function createExplain(
  context: JobContext,
  deps: { readonly access: JobAccess; readonly quotas: Quotas; readonly resolve: ResolveStatement; readonly compiler: Compiler },
): Explain {
  const { work, governance } = context;
  const { access, quotas } = deps;
  const running = new Map<string, number>();
  const type = "statement.explained";

  const explain: Explain["explain"] = async (actor, { agreement: id, ...request }) => {
    const no = (code: JobRefusalCode, detail?: Refusal["detail"]) => access.refused(actor, { type, object: id, code, detail });
    const agreement = await access.usable(actor, id, { action: "submit", kind: "job" });
    if (agreement === undefined) return no("JOB_AGREEMENT_NOT_IN_FORCE");
    const resolved = await deps.resolve(actor, agreement.id, request);
    if (isRefusal(resolved)) return no(resolved.code, resolved.detail);
    if (await quotas.isSpent(actor.organisation, "explain"))
      return no("JOB_QUOTA_SPENT", { retryAfterSeconds: quotas.secondsLeft() });
    const scope = await governance.scopeOf(agreement.versionId);
    if (isRefusal(scope)) return no("JOB_AGREEMENT_NOT_IN_FORCE");
    const { statement, query, bytes } = resolved;
    const compiled = await compileStatement(deps.compiler, { ...statement, schema: scope.schema, rules: scope.rules });
    const outcome = await work.change(
      {
        type,
        actor: toActor(actor),
        object: agreement.id,
        links: { version: agreement.versionId, ...(query === undefined ? {} : { query: query.id }) },
        outcome: compiled.kind === "compiled" ? "done" : "refused",
        code: compiled.kind === "compiled" ? undefined : compiled.code,
        data: { sqlHash: await hashStatement(context, agreement.id, statement), sqlBytes: bytes },
      },
      [quotas.take(actor.organisation, "explain")],
    );
    if (outcome.kind === "conflict") return no("JOB_QUOTA_SPENT", { retryAfterSeconds: quotas.secondsLeft() });
    if (compiled.kind === "refused") return { accepted: false, refusal: refusalAnswer(compiled) };
    const { plan } = compiled;
    return { accepted: true, columns: plan.columns, tables: plan.tables, relations: explainPlan(plan) };
  };

  return {
    explain: async (actor, request) => {
      const { organisation } = actor;
      const now = running.get(organisation) ?? 0;
      if (now >= mostAtOnce)
        return access.refused(actor, {
          type,
          object: request.agreement,
          code: "JOB_EXPLAIN_BUSY",
          detail: { retryAfterSeconds: 1 },
        });
      running.set(organisation, now + 1);
      try {
        return await explain(actor, request);
      } finally {
        running.set(organisation, (running.get(organisation) ?? 1) - 1);
      }
    },
  };
}
