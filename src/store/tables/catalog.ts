import type { ColumnType } from "kysely";
import type { At, Big, Json, MaybeAt } from "./columns.ts";

interface ResourceFamilyTable {
  id: string;
  title: string;
  created_at: At;
}

interface ResourceTable {
  id: string;
  family_id: string;
  source_unit_id: string;
  name: string;
  title: string;
  grade: string;
  columns: Json;
  subjects: Json;
  keys: Json;
  created_at: At;
}

interface ResourceVersionTable {
  id: string;
  resource_id: string;
  number: number;
  content_hash: string;
  row_count: Big;
  profile: Json;
  created_by: string;
  created_at: At;
  /** The version of the same resource whose files come before this one's own. */
  appended_to: string | null;
}

export type UploadState = "open" | "loaded" | "expired" | "removed";

interface UploadTable {
  id: string;
  resource_id: string;
  account_id: string;
  content_type: string;
  mode: "replace" | "append";
  expected: string | null;
  length: Big;
  received: ColumnType<string, number | undefined, number>;
  state: UploadState;
  key_sealed: Buffer | null;
  version_id: string | null;
  created_at: At;
  expires_at: At;
}

interface UploadPieceTable {
  upload_id: string;
  start: Big;
  length: Big;
  file: string;
}

interface CopyTable {
  id: string;
  kind: "vault" | "provision" | "package" | "upload";
  object_id: string;
  location: string;
  bytes: Big;
  sha256: string;
  created_at: At;
  destroyed_at: MaybeAt;
}

export interface CatalogTables {
  resource_family: ResourceFamilyTable;
  resource: ResourceTable;
  resource_version: ResourceVersionTable;
  upload: UploadTable;
  upload_piece: UploadPieceTable;
  copy: CopyTable;
}
