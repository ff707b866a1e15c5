import { CodedError } from "../kernel/index.ts";

/** The sealed bytes of an upload are not what was written: the disk, or somebody at it. */
export type CatalogErrorCode = "CATALOG_UPLOAD_DAMAGED";

export class CatalogError extends CodedError<CatalogErrorCode> {}
