import { CodedError } from "../kernel/index.ts";

export type StoreErrorCode =
  | "STORE_UNAVAILABLE"
  | "STORE_START_FAILED"
  | "STORE_FOLDER_UNREACHABLE"
  | "STORE_FOLDER_IN_USE"
  | "STORE_EMPTY"
  | "STORE_PLATFORM_UNSUPPORTED"
  | "STORE_MIGRATION_FAILED"
  | "STORE_MIGRATION_CHANGED";

/** The store is broken or cannot be reached; the message says what to do, for the one who starts it. */
export class StoreError extends CodedError<StoreErrorCode> {}
