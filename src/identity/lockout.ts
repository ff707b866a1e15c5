import { type Selectable, sql } from "kysely";
import { type Change, expectOne } from "../audit/index.ts";
import type { Tables } from "../store/index.ts";
import type { IdentityContext } from "./context.ts";

/** One count of failures for password and second factor: who has one of the two gets no tries of its own for the other. */
export interface Lockout {
  isOpen(account: Pick<Selectable<Tables["account"]>, "state" | "locked_until">): boolean;
  /** Counts in the row itself, so that parallel guesses all count; from the threshold on each doubles the wait. */
  countFailure(account: string): Change;
  /** Forgets the failures of an account that is active and does not wait: a right guess made while others failed comes too late. */
  forget(account: string): Change;
}

export function createLockout({ store, clock, settings }: Pick<IdentityContext, "store" | "clock" | "settings">): Lockout {
  const { db } = store;
  return {
    isOpen: ({ state, locked_until }) => state === "active" && (locked_until === null || locked_until <= clock.now()),
    countFailure: (account) => {
      const { lockoutThreshold, lockoutBaseMs, lockoutMaxMs } = settings;
      const wait = sql<Date>`CASE WHEN failed_logins + 1 >= ${lockoutThreshold} THEN ${clock.now()}::timestamptz
      + least(${lockoutBaseMs} * power(2, least(failed_logins + 1 - ${lockoutThreshold}, 30)), ${lockoutMaxMs}) * interval '1 millisecond' END`;
      const update = db
        .updateTable("account")
        .set((eb) => ({ failed_logins: eb("failed_logins", "+", 1), locked_until: wait }))
        .where("id", "=", account)
        .returning("id");
      return expectOne(update);
    },
    forget: (account) => {
      const update = db
        .updateTable("account")
        .set({ failed_logins: 0, locked_until: null })
        .where("id", "=", account)
        .where("state", "=", "active")
        .where((eb) => eb.or([eb("locked_until", "is", null), eb("locked_until", "<=", clock.now())]))
        .returning("id");
      return expectOne(update);
    },
  };
}
