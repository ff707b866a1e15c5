import type { AuditLog, UnitOfWork } from "../audit/index.ts";
import type { Governance } from "../governance/index.ts";
import type { Clock, Config, Ids, JsonValue, Random, Refusal } from "../kernel/index.ts";
import type { Keystore } from "../keys/index.ts";
import type { Decider, GovernedPlan, ReleaseRules } from "../policy/index.ts";
import type { Store } from "../store/index.ts";
import type { CheckedResult } from "./checked-result.ts";

/** A stored result's statement, compiled and run again in a fresh worker. */
export interface Rerun {
  readonly plan: GovernedPlan;
  readonly checked: CheckedResult;
  readonly rules: ReleaseRules;
}

/** What a job's figures were made from, for the manifest. */
export interface Lineage {
  readonly agreementVersion: { readonly id: string; readonly digest: string };
  readonly provision: string;
  readonly resourceVersions: readonly { readonly resource: string; readonly version: string; readonly contentHash: string }[];
  readonly sqlHash: string;
}

/** What the gate asks of the sandbox, which lies below it. */
export interface GatePorts {
  rerun(job: string): Promise<Rerun | Refusal>;
  lineage(job: string): Promise<Lineage>;
}

export interface GateContext {
  readonly store: Store;
  readonly work: UnitOfWork;
  readonly ids: Ids;
  readonly clock: Clock;
  readonly random: Random;
  readonly keys: Keystore;
  readonly decider: Decider;
  readonly log: Pick<AuditLog, "inclusion">;
  readonly governance: Pick<Governance, "inForce" | "parties" | "relationsTo">;
  readonly ports: GatePorts;
  readonly settings: Config["export"];
  readonly dataDir: string;
  /** Name of the packages' signing key. */
  readonly packageKeyName: string;
}

export type Data = Readonly<Record<string, JsonValue>>;
