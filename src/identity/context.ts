import type { UnitOfWork } from "../audit/index.ts";
import type { Clock, Config, Ids, Random } from "../kernel/index.ts";
import type { Keystore } from "../keys/index.ts";
import type { Decider } from "../policy/index.ts";
import type { Store } from "../store/index.ts";

/** What every part of identity is given. */
export interface IdentityContext {
  readonly store: Store;
  readonly work: UnitOfWork;
  readonly ids: Ids;
  readonly clock: Clock;
  readonly random: Random;
  readonly decider: Decider;
  readonly keys: Pick<Keystore, "signing" | "seal" | "unseal">;
  readonly settings: Config["identity"];
}
