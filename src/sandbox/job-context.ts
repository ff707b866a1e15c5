import type { UnitOfWork } from "../audit/index.ts";
import type { Governance } from "../governance/index.ts";
import type { Clock, Config, Ids, Random } from "../kernel/index.ts";
import type { Keystore } from "../keys/index.ts";
import type { Decider } from "../policy/index.ts";
import type { Store } from "../store/index.ts";

/** What everything that callers ask of the sandbox is given. */
export interface JobContext {
  readonly store: Store;
  readonly work: UnitOfWork;
  readonly ids: Ids;
  readonly clock: Clock;
  readonly random: Random;
  readonly keys: Keystore;
  readonly decider: Decider;
  readonly governance: Pick<Governance, "findForActor" | "parties" | "relationsTo" | "scopeOf">;
  readonly settings: Config["jobs"];
  readonly limits: Pick<Config["enclave"], "sqlBytes" | "maxQueuedPerOperator">;
}
