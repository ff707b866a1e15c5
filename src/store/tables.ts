import type { AccessPolicyTables } from "./tables/access-policy.ts";
import type { AuditTables } from "./tables/audit.ts";
import type { CatalogTables } from "./tables/catalog.ts";
import type { ClusterTables } from "./tables/cluster.ts";
import type { ExportGateTables } from "./tables/export-gate.ts";
import type { GovernanceTables } from "./tables/governance.ts";
import type { IdentityTables } from "./tables/identity.ts";
import type { SandboxTables } from "./tables/sandbox.ts";

/** Every table, as Kysely sees it, one file per feature; `migrations/` holds the same in SQL. */
export interface Tables
  extends IdentityTables,
    AccessPolicyTables,
    CatalogTables,
    GovernanceTables,
    SandboxTables,
    ExportGateTables,
    AuditTables,
    ClusterTables {}
