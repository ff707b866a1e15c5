import { CodedError } from "../kernel/index.ts";

/** The store holds something else than what was checked: somebody altered it, or it broke. */
export type ExportErrorCode = "EXPORT_CONTENT_ALTERED";

export class ExportError extends CodedError<ExportErrorCode> {}
