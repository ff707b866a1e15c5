import type { Engine, IsolationReport, RunAnswer, RunLimits } from "../engine/index.ts";
import type { ExportGate } from "../export-gate/index.ts";
import { isRefusal, type JsonValue } from "../kernel/index.ts";
import type { Keystore } from "../keys/index.ts";
import type { GovernedPlan } from "../policy/index.ts";
import type { Store } from "../store/index.ts";
import { type Claim, type Claims, interruption } from "./claims.ts";
import { untilCoarseEnd, untilCoarseStop } from "./coarse-end.ts";
import { compileStatement, type StatementRefusal } from "./compile-statement.ts";
import { refusalAnswer } from "./explain.ts";
import { failureAnswer, type JobFailureCode } from "./failures.ts";
import type { Provisioner, ReadyProvision } from "./file-provisioner.ts";
import type { SandboxFacts } from "./ports.ts";
import { type Statement, unsealStatement } from "./statement.ts";

/** Takes one claimed job to its end. */
export interface Runner {
  run(claim: Claim, signal: AbortSignal): Promise<void>;
}

type DoneAnswer = Extract<RunAnswer, { kind: "done" }>;

/**
 * A run that failed on data looks like a result in which everything is suppressed (design §5): whether
 * it failed would tell about the data. The event keeps the truth.
 */
export function emptyAnswer(plan: GovernedPlan): DoneAnswer {
  return {
    kind: "done",
    columns: plan.columns,
    rows: [],
    evidence: plan.releases.map(({ id }) => ({ release: id, columns: [], rows: [] })),
  };
}

export function createRunner(deps: {
  readonly store: Store;
  readonly keys: Keystore;
  readonly engine: Pick<Engine, "compiler" | "run" | "isolation">;
  readonly claims: Claims;
  readonly provisioner: Provisioner;
  readonly facts: SandboxFacts;
  readonly gate: Pick<ExportGate, "check" | "resultChange">;
  readonly limits: RunLimits;
  /** Step of the times at which runs are seen to end, in ms; 0: at once. */
  readonly endStepMs: number;
}): Runner {
  const { claims, engine } = deps;
  const isolation: IsolationReport = engine.isolation;

  const fail = (claim: Claim, code: JobFailureCode): Promise<boolean> =>
    claims.finish(claim, {
      state: "failed",
      event: { type: "job.failed", outcome: "failed", code },
      answer: { ...failureAnswer(code) },
    });

  const stopped = (claim: Claim, signal: AbortSignal): Promise<boolean> => {
    if (signal.reason === "agreement ended") return fail(claim, "JOB_AGREEMENT_NOT_IN_FORCE");
    if (signal.reason === "cancelled")
      return claims.finish(claim, { state: "cancelled", event: { type: "job.cancelled", outcome: "done" } });
    return claims.finish(claim, interruption);
  };

  const refused = (claim: Claim, refusal: StatementRefusal): Promise<boolean> => {
    const { code } = refusal;
    return claims.finish(claim, {
      state: "refused",
      event: { type: "job.refused", outcome: "refused", code, links: { agreement: claim.agreement } },
      answer: refusalAnswer(refusal),
    });
  };

  const load = async (claim: Claim): Promise<Statement> => {
    const row = await deps.store.db.selectFrom("job").selectAll().where("id", "=", claim.job).executeTakeFirstOrThrow();
    return unsealStatement(deps.keys, row);
  };

  const execute = async (plan: GovernedPlan, database: string, signal: AbortSignal): Promise<RunAnswer> => {
    const handle = engine.run({ plan, database, limits: deps.limits });
    const stop = Promise.withResolvers<RunAnswer>();
    const cancel = (): void => {
      // Not when the process is gone: how long that takes tells how much it had in hand.
      stop.resolve({ kind: "failed", code: "ENGINE_CANCELLED" });
      handle.cancel();
    };
    signal.addEventListener("abort", cancel, { once: true });
    if (signal.aborted) cancel();
    try {
      return await Promise.race([handle.done, stop.promise]);
    } finally {
      signal.removeEventListener("abort", cancel);
    }
  };

  const finishDone = async (
    claim: Claim,
    provision: ReadyProvision,
    plan: GovernedPlan,
    answer: DoneAnswer,
    note: JsonValue,
  ): Promise<boolean> => {
    const checked = deps.gate.check({ plan, answer, rules: provision.rules });
    if (isRefusal(checked)) return fail(claim, checked.code);
    const result = await deps.gate.resultChange({ job: claim.job, agreement: claim.agreement, checked });
    return claims.finish(claim, {
      state: "done",
      event: {
        type: "job.done",
        outcome: "done",
        object: result.id,
        from: [claim.job, provision.id],
        links: { agreement: claim.agreement },
        data: {
          planDigest: result.planMark,
          contentHash: checked.contentHash,
          evidenceHash: checked.evidenceHash,
          isolation: isolation.level,
          note,
        },
      },
      provision: provision.id,
      planDigest: result.planMark,
      alongside: [result.change],
    });
  };

  return {
    run: async (claim, signal) => {
      const begun = performance.now();
      const [inForce, outlook, statement] = await Promise.all([
        deps.facts.inForce(claim.agreement),
        deps.provisioner.look(claim.agreementVersion),
        load(claim),
      ]);
      // The claim may be later than the agreement's end.
      if (!inForce) return void (await fail(claim, "JOB_AGREEMENT_NOT_IN_FORCE"));
      if (isRefusal(outlook)) return void (await fail(claim, outlook.code));
      const { schema, rules } = outlook;
      const compiled = await compileStatement(engine.compiler, { ...statement, schema, rules });
      if (compiled.kind === "refused") return void (await refused(claim, compiled));
      if (signal.aborted) return void (await stopped(claim, signal));
      const provision = await outlook.ready();
      if (isRefusal(provision)) return void (await fail(claim, provision.code));
      if (signal.aborted) return void (await stopped(claim, signal));
      const answer = await execute(compiled.plan, provision.database, signal);
      // How long it took hangs on the rows; from here on everything happens at a coarse time.
      await untilCoarseEnd(begun, deps.endStepMs, signal);
      if (signal.aborted) {
        await untilCoarseStop(deps.endStepMs);
        return void (await stopped(claim, signal));
      }
      // Nothing is kept of a run that outlived its agreement.
      if (!(await deps.facts.inForce(claim.agreement))) return void (await fail(claim, "JOB_AGREEMENT_NOT_IN_FORCE"));
      const note: JsonValue = compiled.disagreement === undefined ? null : { disagreement: compiled.disagreement };
      if (answer.kind === "done") return void (await finishDone(claim, provision, compiled.plan, answer, note));
      if (answer.code === "ENGINE_QUERY_FAILED")
        return void (await finishDone(claim, provision, compiled.plan, emptyAnswer(compiled.plan), answer.code));
      // Nobody asked for it through the job: the engine is closing.
      if (answer.code === "ENGINE_CANCELLED") return void (await claims.finish(claim, interruption));
      await fail(claim, answer.code);
    },
  };
}
