export { StoreError, type StoreErrorCode } from "./errors.ts";
export { type DatabaseDump, dumpDatabase, type TableDump, verifyDump } from "./pg-dump.ts";
export { migrateExternal, type ServerUrls } from "./pg-external.ts";
export { type Beat, beat, beatGateway } from "./pg-heartbeat.ts";
export type { SignalListener } from "./pg-listen.ts";
export { restoreStore } from "./pg-restore.ts";
export { openStore, type Store, type StoreOptions, signalChannel } from "./pg-store.ts";
export type {
  AccessPolicyState,
  AccountOrigin,
  AgreementState,
  DailyUseKind,
  ExportState,
  JobState,
  OrganisationKind,
  QueryVisibility,
  SecondFactor,
  Tables,
  UploadState,
  Verdict,
} from "./tables.ts";
export { isUnavailable } from "./unavailable.ts";
