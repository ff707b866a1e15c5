import type { CatalogRefusalCode } from "../../catalog/index.ts";
import type { Answer } from "./answer.ts";

export const catalogAnswers: Readonly<Record<CatalogRefusalCode, Answer>> = {
  CATALOG_TEXT_INVALID: {
    status: 422,
    title: "The text is empty, too long, or holds invisible characters. Write a plain text of visible characters.",
  },
  CATALOG_NAME_INVALID: {
    status: 422,
    title: "The name is no plain SQL name. Use letters, digits and underscores, a letter first.",
  },
  CATALOG_NAME_RESERVED: { status: 422, title: "The name belongs to the platform or the engine. Choose another." },
  CATALOG_FAMILY_NOT_FOUND: { status: 404, title: "There is no such resource family. Look the id up: GET /v1/families." },
  CATALOG_FAMILY_EXISTS: {
    status: 409,
    title: "A resource family of this title exists; take that one (GET /v1/families), or another title.",
  },
  CATALOG_SOURCE_UNIT_REQUIRED: {
    status: 403,
    title: "Resources are declared by a source unit (数源单位). Ask the source unit that answers for the data.",
    article: "7",
  },
  CATALOG_NOT_OWN_SOURCE_UNIT: {
    status: 404,
    title: "There is no such resource of this source unit. Look the id up: GET /v1/resources.",
  },
  CATALOG_RESOURCE_NOT_FOUND: { status: 404, title: "There is no such resource. Look the id up: GET /v1/resources." },
  CATALOG_RESOURCE_EXISTS: {
    status: 409,
    title: "The family has a resource of this name; hand in a new version of that one, or choose another name.",
  },
  CATALOG_GRADE_UNKNOWN: {
    status: 422,
    title: "The grade is not one of GB/T 43697's as named here. Choose one that `more` lists.",
    article: "10",
  },
  CATALOG_GRADE_TOO_LOW: {
    status: 422,
    title: "A table is graded at least as its highest column (就高从严). Raise the table's grade, or leave the column out.",
    article: "10",
  },
  CATALOG_COLUMN_COUNT: {
    status: 422,
    title: "The table has too many columns. Leave some out, or split it into two tables of one family.",
  },
  CATALOG_COLUMN_DUPLICATE: { status: 422, title: "Two columns have one name. Rename one of them." },
  CATALOG_COLUMN_TYPE_UNKNOWN: {
    status: 422,
    title: "The column's type is not one of the accepted. Choose one that `more` lists.",
  },
  CATALOG_COLUMN_ROLE_UNKNOWN: {
    status: 422,
    title: "The column's role is not one of the accepted. Choose identifier, quasi-identifier, attribute, measure or free-text.",
  },
  CATALOG_COLUMN_ROLE_MISMATCH: {
    status: 422,
    title:
      "Role and type of the column do not go together. Choose a number's type for a measure, a text's for free text, or another role.",
  },
  CATALOG_KEY_INVALID: {
    status: 422,
    title:
      "A key is a set of declared columns of a public table. Name columns that the table declares, each once, or leave the key out.",
  },
  CATALOG_COLUMN_GRID_INVALID: { status: 422, title: "A grid is a number above 0 on a measure. Set it there, or leave it out." },
  CATALOG_COLUMN_CONTROLS_INVALID: {
    status: 422,
    title:
      "What conditions may ask of a column does not fit its role and type. Leave the control out, or choose one that goes with them.",
  },
  CATALOG_SUBJECT_MISSING: {
    status: 422,
    title: "A protected table says whose rows it holds. Name a subject: its kind and its key column.",
  },
  CATALOG_SUBJECT_ON_PUBLIC: { status: 422, title: "A public table has no subjects. Leave them out, or raise the grade." },
  CATALOG_SUBJECT_COLUMN_INVALID: {
    status: 422,
    title: "A subject's key is a declared identifier column of a plain type. Declare that column with the role identifier.",
  },
  CATALOG_SUBJECT_DUPLICATE: {
    status: 422,
    title: "A column is the key of one subject only. Leave one of them out, or name another column.",
  },
  CATALOG_FORMAT_UNKNOWN: {
    status: 415,
    title: "Data files are handed in as text/csv or application/vnd.apache.parquet. Send one of them as Content-Type.",
  },
  CATALOG_CHARSET_UNKNOWN: {
    status: 415,
    title:
      "A CSV file is UTF-8 or GB18030 (GBK, GB 2312), and says so once. Send `text/csv; charset=utf-8` or `charset=gb18030`.",
  },
  CATALOG_EXPECTED_VERSION_MISSING: {
    status: 428,
    title: 'Name the version to append to: `If-Match: "rev_…"`, the resource\'s newest.',
  },
  CATALOG_VERSION_CHANGED: {
    status: 412,
    title: "The version named is not the resource's newest; nothing was kept. Read the resource, then decide again.",
  },
  CATALOG_APPENDED_TOO_OFTEN: {
    status: 409,
    title: "The version is made of too many appended ones; hand the whole table in again with mode=replace.",
  },
  CATALOG_UPLOAD_NOT_FOUND: {
    status: 404,
    title: "There is no such upload of this account. Look at the address that its creation gave, or begin another.",
  },
  CATALOG_UPLOAD_EXPIRED: { status: 410, title: "The upload has expired and its bytes are gone; begin another." },
  CATALOG_UPLOAD_LOADED: {
    status: 410,
    title: "The upload was finished; `more` names the version that came of it. Begin another upload for another file.",
  },
  CATALOG_UPLOAD_OFFSET: { status: 409, title: "The upload stands elsewhere; ask where (HEAD), and go on from there." },
  CATALOG_UPLOAD_TOO_LONG: {
    status: 413,
    title:
      "More bytes were sent than the upload was announced with; what is too much was not kept. Begin another upload with the right length.",
  },
  CATALOG_UPLOAD_CHECKSUM: {
    status: 460,
    title: "The bytes do not have the checksum sent with them; none of them was kept. Send them again.",
  },
  CATALOG_UPLOAD_INCOMPLETE: { status: 409, title: "Bytes of the upload are missing; send the rest first." },
  CATALOG_UPLOAD_HASH: {
    status: 422,
    title: "The file received does not have that SHA-256; no version was made of it. Remove the upload and send the file again.",
  },
  CATALOG_UPLOADS_TOO_MANY: { status: 429, title: "The source unit has too many uploads under way; finish or remove some." },
  CATALOG_BUSY: { status: 429, title: "Too many files are being read at one time; send this one when another has ended." },
  CATALOG_LOAD_CONFLICT: {
    status: 409,
    title: "Another load of this resource was first; nothing was kept, send the file again.",
  },
  CATALOG_DISK_LOW: {
    status: 507,
    title:
      "The platform is short of disk space and stopped taking this file. A resumable upload keeps what came (HEAD tells how much): go on when its administrator made room. Any other file is sent again then.",
  },
};
