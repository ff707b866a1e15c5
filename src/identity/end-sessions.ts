import type { UpdateQueryBuilder, UpdateResult } from "kysely";
import { type Change, expectRows } from "../audit/index.ts";
import type { Tables } from "../store/index.ts";
import type { IdentityContext } from "./context.ts";

type SessionUpdate = UpdateQueryBuilder<Tables, "session", "session", UpdateResult>;

/** The change that ends sessions of an account: all, or those that `which` leaves. Their tokens open nothing from the next request on. */
export function endSessions(
  { store, clock }: Pick<IdentityContext, "store" | "clock">,
  account: string,
  which: (query: SessionUpdate) => SessionUpdate = (query) => query,
): Change {
  const open = store.db
    .updateTable("session")
    .set({ revoked_at: clock.now() })
    .where("account_id", "=", account)
    .where("revoked_at", "is", null);
  return expectRows(which(open).returning("id"));
}
