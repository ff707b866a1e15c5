import { CodedError } from "../kernel/index.ts";

export type StoreErrorCode =
  | "STORE_UNAVAILABLE"
  | "STORE_START_FAILED"
  | "STORE_FOLDER_UNREACHABLE"
  | "STORE_FOLDER_IN_USE"
  | "STORE_EMPTY"
  | "STORE_NOT_EMPTY"
  | "STORE_VERSION_OTHER"
  | "STORE_DUMP_FAILED"
  | "STORE_DUMP_DAMAGED"
  | "STORE_DUMP_FOREIGN"
  | "STORE_PLATFORM_UNSUPPORTED"
  | "STORE_MIGRATION_FAILED"
  | "STORE_MIGRATION_CHANGED"
  | "STORE_NOT_MIGRATED"
  | "STORE_URL_INVALID"
  | "STORE_SERVER_UNSUITABLE"
  | "STORE_ROLE_MISSING"
  | "STORE_SERVICE_NOT_MEMBER"
  | "STORE_SERVICE_TOO_POWERFUL";

/** The store is broken or cannot be reached; the message says what to do, for the one who starts it. */
export class StoreError extends CodedError<StoreErrorCode> {}
