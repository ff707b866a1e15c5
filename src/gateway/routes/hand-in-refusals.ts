import type { AnswerCode } from "../answers.ts";

/** How a file is said to be read. */
export const formatRefusals = ["CATALOG_FORMAT_UNKNOWN", "CATALOG_CHARSET_UNKNOWN"] as const satisfies readonly AnswerCode[];

/** What hinders any reading of a file, whatever is in it. */
export const readingRefusals = [
  "CATALOG_BUSY",
  "CATALOG_FILE_TIMEOUT",
  "CATALOG_FILE_INCOMPLETE",
  "CATALOG_DISK_FULL",
  "CATALOG_DISK_LOW",
] as const satisfies readonly AnswerCode[];

export const fileRefusals = [
  "CATALOG_FILE_ENCODING",
  "CATALOG_FILE_HEADER",
  "CATALOG_FILE_ROW",
  "CATALOG_FILE_LIMIT",
  "CATALOG_FILE_UNREADABLE",
] as const satisfies readonly AnswerCode[];

export const targetRefusals = [
  "CATALOG_RESOURCE_NOT_FOUND",
  "CATALOG_NOT_OWN_SOURCE_UNIT",
  "CATALOG_EXPECTED_VERSION_MISSING",
  "CATALOG_VERSION_CHANGED",
  "CATALOG_APPENDED_TOO_OFTEN",
] as const satisfies readonly AnswerCode[];

export const valueRefusals = [
  "CATALOG_FILE_VALUE",
  "CATALOG_FILE_NULL",
  "CATALOG_FILE_NOT_UNIQUE",
] as const satisfies readonly AnswerCode[];
