import { CodedError } from "../kernel/index.ts";

export type ExportErrorCode =
  /** The store holds something else than what was checked: somebody altered it, or it broke. */
  | "EXPORT_CONTENT_ALTERED"
  /** A result past its time was opened; whoever opens one looks first. */
  | "EXPORT_CONTENT_EXPIRED";

export class ExportError extends CodedError<ExportErrorCode> {}
