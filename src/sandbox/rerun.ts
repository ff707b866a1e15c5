import type { Engine, RunLimits } from "../engine/index.ts";
import { checkResult, type Lineage, type Rerun } from "../export-gate/index.ts";
import { isRefusal, type Refusal, refuse } from "../kernel/index.ts";
import type { Keystore } from "../keys/index.ts";
import type { Store } from "../store/index.ts";
import { untilCoarseEnd } from "./coarse-end.ts";
import { compileStatement } from "./compile-statement.ts";
import type { Provisioner } from "./file-provisioner.ts";
import type { SandboxFacts } from "./ports.ts";
import type { JobRefusalCode } from "./refusals.ts";
import { emptyAnswer } from "./runner.ts";
import { unsealStatement } from "./statement.ts";

/** What the gate asks of the sandbox: a finished job's statement once more, and what it was made from. */
export function createRerun(deps: {
  readonly store: Store;
  readonly keys: Keystore;
  readonly engine: Pick<Engine, "compiler" | "run">;
  readonly provisioner: Provisioner;
  readonly facts: SandboxFacts;
  readonly limits: RunLimits;
  /** As for jobs: whoever asks for an export waits for this run, too. */
  readonly endStepMs: number;
}): { rerun(job: string): Promise<Rerun | Refusal<JobRefusalCode>>; lineage(job: string): Promise<Lineage> } {
  const jobRow = (job: string) => deps.store.db.selectFrom("job").selectAll().where("id", "=", job).executeTakeFirstOrThrow();
  const failed: Refusal<JobRefusalCode> = refuse("JOB_RESULT_NOT_READY");
  return {
    rerun: async (job) => {
      const begun = performance.now();
      const row = await jobRow(job);
      const provision = row.provision_id === null ? undefined : await deps.provisioner.reopen(row.provision_id);
      if (provision === undefined || row.state !== "done") return failed;
      const statement = await unsealStatement(deps.keys, row);
      const compiled = await compileStatement(deps.engine.compiler, {
        ...statement,
        schema: provision.schema,
        rules: provision.rules,
      });
      if (compiled.kind === "refused") return failed;
      const { plan } = compiled;
      const answer = await deps.engine.run({ plan, database: provision.database, limits: deps.limits }).done;
      await untilCoarseEnd(begun, deps.endStepMs);
      if (answer.kind === "failed" && answer.code !== "ENGINE_QUERY_FAILED") return failed;
      const checked = checkResult({ plan, answer: answer.kind === "done" ? answer : emptyAnswer(plan), rules: provision.rules });
      return isRefusal(checked) ? failed : { plan, checked, rules: provision.rules };
    },
    lineage: async (job) => {
      const row = await jobRow(job);
      const scope = await deps.facts.scopeOf(row.agreement_version_id);
      const provision = row.provision_id === null ? undefined : await deps.provisioner.reopen(row.provision_id);
      if (isRefusal(scope) || provision === undefined)
        throw new TypeError(`job ${job} has no lineage: only finished jobs are exported`);
      return {
        agreementVersion: { id: scope.version, digest: scope.digest },
        provision: provision.id,
        resourceVersions: provision.versions,
        sqlHash: row.sql_hash,
      };
    },
  };
}
