import type { Random } from "../kernel/index.ts";
import type { Keystore } from "../keys/index.ts";
import type { CatalogContext } from "./context.ts";
import { createFamilies, type Families } from "./families.ts";
import { createVault } from "./file-vault.ts";
import { createHandIns } from "./hand-in.ts";
import { createLoads, type Loads } from "./loads.ts";
import { createOrphans, type Orphans } from "./orphans.ts";
import { createProposals, type Proposals } from "./proposals.ts";
import { createReadBody } from "./readings.ts";
import { createResources, type Resources } from "./resources.ts";
import { createStaged } from "./staged.ts";
import { createStoreVersion } from "./store-version.ts";
import { createUploads, type Uploads } from "./uploads.ts";
import { createVersions, type Versions } from "./versions.ts";

/** Resource families, resources, versions: what source units (数源单位) hand in and under which names. */
export type Catalog = Families & Resources & Versions & Loads & Proposals & Uploads & Orphans;

export function createCatalog(
  deps: Omit<CatalogContext, "vault"> & { readonly dataDir: string; readonly keys: Keystore; readonly random: Random },
): Catalog {
  const context: CatalogContext = { ...deps, vault: createVault(deps.dataDir, deps.membership.id) };
  const resources = createResources(context);
  const versions = createVersions(context);
  const handIns = createHandIns(context, resources, versions);
  const readBody = createReadBody(context);
  const taking = { handIns, readBody, storeVersion: createStoreVersion(context), staged: createStaged(context) };
  return {
    ...createFamilies(context),
    ...resources,
    ...versions,
    ...createLoads(context, taking),
    ...createUploads({ ...deps, ...context }, taking),
    ...createProposals(context, readBody),
    ...createOrphans(context),
  };
}
