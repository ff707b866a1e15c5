import { type Compilable, type Kysely, sql } from "kysely";
import type { Tables } from "./tables.ts";

/** The write that turns every place below one data folder to the same place below another; for a restore. */
export function moveCopies(db: Kysely<Tables>, from: string, to: string): Compilable {
  return db
    .updateTable("copy")
    .set({ location: sql<string>`${to}::text || substr(location, length(${from}::text) + 1)` })
    .where(sql<boolean>`starts_with(location, ${`${from}/`}::text)`)
    .returning("id");
}
