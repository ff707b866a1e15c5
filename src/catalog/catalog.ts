import type { CatalogContext } from "./context.ts";
import { createFamilies, type Families } from "./families.ts";
import { createVault } from "./file-vault.ts";
import { createLoads, type Loads } from "./loads.ts";
import { createOrphans, type Orphans } from "./orphans.ts";
import { createResources, type Resources } from "./resources.ts";
import { createVersions, type Versions } from "./versions.ts";

/** Resource families, resources, versions: what source units (数源单位) hand in and under which names. */
export type Catalog = Families & Resources & Versions & Loads & Orphans;

export function createCatalog(deps: Omit<CatalogContext, "vault"> & { readonly dataDir: string }): Catalog {
  const context: CatalogContext = { ...deps, vault: createVault(deps.dataDir, deps.membership.id) };
  const resources = createResources(context);
  const versions = createVersions(context);
  return {
    ...createFamilies(context),
    ...resources,
    ...versions,
    ...createLoads(context, resources, versions),
    ...createOrphans(context),
  };
}
