export { StoreError, type StoreErrorCode } from "./errors.ts";
export { migrateExternal, type ServerUrls } from "./pg-external.ts";
export { beat } from "./pg-heartbeat.ts";
export { openStore, type Store, type StoreOptions } from "./pg-store.ts";
export type {
  AccountOrigin,
  AgreementState,
  DailyUseKind,
  ExportState,
  JobState,
  OrganisationKind,
  QueryVisibility,
  Tables,
  Verdict,
} from "./tables.ts";
export { isUnavailable } from "./unavailable.ts";
