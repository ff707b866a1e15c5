/** Every "no" of the catalogue; `detail` names the column, setting or place and what would be accepted. */
export type CatalogRefusalCode =
  | "CATALOG_TEXT_INVALID"
  | "CATALOG_NAME_INVALID"
  | "CATALOG_NAME_RESERVED"
  | "CATALOG_FAMILY_NOT_FOUND"
  | "CATALOG_FAMILY_EXISTS"
  | "CATALOG_SOURCE_UNIT_REQUIRED"
  | "CATALOG_NOT_OWN_SOURCE_UNIT"
  | "CATALOG_RESOURCE_NOT_FOUND"
  | "CATALOG_RESOURCE_EXISTS"
  | "CATALOG_GRADE_UNKNOWN"
  | "CATALOG_GRADE_TOO_LOW"
  | "CATALOG_COLUMN_COUNT"
  | "CATALOG_COLUMN_DUPLICATE"
  | "CATALOG_COLUMN_TYPE_UNKNOWN"
  | "CATALOG_COLUMN_ROLE_UNKNOWN"
  | "CATALOG_COLUMN_ROLE_MISMATCH"
  | "CATALOG_COLUMN_GRID_INVALID"
  | "CATALOG_COLUMN_CONTROLS_INVALID"
  | "CATALOG_SUBJECT_MISSING"
  | "CATALOG_SUBJECT_ON_PUBLIC"
  | "CATALOG_SUBJECT_COLUMN_INVALID"
  | "CATALOG_SUBJECT_DUPLICATE"
  | "CATALOG_KEY_INVALID"
  | "CATALOG_FORMAT_UNKNOWN"
  | "CATALOG_CHARSET_UNKNOWN"
  /** A version is appended only to one that the caller names. */
  | "CATALOG_EXPECTED_VERSION_MISSING"
  /** The version named is not the newest, or not any more. */
  | "CATALOG_VERSION_CHANGED"
  | "CATALOG_APPENDED_TOO_OFTEN"
  /** As many files are being read as may be, in all or of this source unit. */
  | "CATALOG_BUSY"
  /** Space ran short while a file came, or would if it did. */
  | "CATALOG_DISK_LOW"
  /** Somebody else's looks the same. */
  | "CATALOG_UPLOAD_NOT_FOUND"
  | "CATALOG_UPLOAD_EXPIRED"
  | "CATALOG_UPLOAD_LOADED"
  /** Bytes were sent for another place than where the upload stands, or somebody else's came first. */
  | "CATALOG_UPLOAD_OFFSET"
  | "CATALOG_UPLOAD_TOO_LONG"
  | "CATALOG_UPLOAD_CHECKSUM"
  | "CATALOG_UPLOAD_INCOMPLETE"
  | "CATALOG_UPLOAD_HASH"
  | "CATALOG_UPLOADS_TOO_MANY"
  | "CATALOG_LOAD_CONFLICT";
