import type { Generated } from "kysely";
import type { At, MaybeAt } from "./columns.ts";

interface GatewayTable {
  id: string;
  name: string;
  started_at: At;
  beats: Generated<string>;
  seen_at: At;
  ended_at: MaybeAt;
}

interface DataFolderTable {
  one: Generated<boolean>;
  id: string;
  adopted_at: At;
}

export interface ClusterTables {
  gateway: GatewayTable;
  data_folder: DataFolderTable;
}
