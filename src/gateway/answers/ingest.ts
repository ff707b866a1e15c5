import type { IngestRefusalCode } from "../../engine/index.ts";
import type { Answer } from "./answer.ts";

export const ingestAnswers: Readonly<Record<IngestRefusalCode, Answer>> = {
  CATALOG_FILE_ENCODING: {
    status: 422,
    title:
      "The file is not text of the charset it is declared in; nothing was kept. Save it in that charset, or declare the one it has.",
  },
  CATALOG_FILE_HEADER: {
    status: 422,
    title:
      "The file's columns are not the declared ones; nothing was kept. Write the declared names, in their order, into the first line.",
  },
  CATALOG_FILE_ROW: { status: 422, title: "A row is not well formed; nothing was kept. Correct the lines that `more` names." },
  CATALOG_FILE_VALUE: {
    status: 422,
    title: "A value does not have its column's type; nothing was kept. Correct the lines that `more` names.",
  },
  CATALOG_FILE_NULL: {
    status: 422,
    title: "A value is missing where none may be; nothing was kept. Correct the lines that `more` names.",
  },
  CATALOG_FILE_NOT_UNIQUE: {
    status: 422,
    title:
      "A key that is declared unique stands twice; nothing was kept. Remove the second row, or declare the key as not unique.",
  },
  CATALOG_FILE_LIMIT: {
    status: 413,
    title: "The file passes a limit; nothing was kept. Split the file, or shorten what `more` names.",
  },
  CATALOG_FILE_TIMEOUT: {
    status: 408,
    title: "The file took too long; nothing was kept. Send it again, in parts or as a resumable upload.",
  },
  CATALOG_FILE_UNREADABLE: {
    status: 422,
    title:
      "The file could not be read; nothing was kept. Look whether it is whole and of the declared format, then send it again.",
  },
  CATALOG_FILE_INCOMPLETE: { status: 400, title: "The upload broke off; nothing was kept. Send it again." },
  CATALOG_DISK_FULL: {
    status: 507,
    title: "The platform's disk is full; nothing was kept. Try again when its administrator made room.",
  },
};
