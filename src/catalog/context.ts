import type { UnitOfWork } from "../audit/index.ts";
import type { DiskSpace, Membership } from "../cluster/index.ts";
import type { Engine } from "../engine/index.ts";
import type { Clock, Config, Ids } from "../kernel/index.ts";
import type { Decider } from "../policy/index.ts";
import type { Store } from "../store/index.ts";
import type { Vault } from "./file-vault.ts";

/** What every part of the catalogue is given. */
export interface CatalogContext {
  readonly store: Store;
  readonly work: UnitOfWork;
  readonly ids: Ids;
  readonly clock: Clock;
  readonly decider: Decider;
  readonly engine: Pick<Engine, "ingest" | "check" | "sample">;
  readonly vault: Vault;
  readonly membership: Pick<Membership, "id" | "alive" | "fence">;
  readonly space: Pick<DiskSpace, "level" | "look" | "hasRoom">;
  readonly limits: Config["ingest"];
}
