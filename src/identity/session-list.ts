import { expectOne } from "../audit/index.ts";
import { isId, type Refusal } from "../kernel/index.ts";
import { type AuthenticatedActor, toActor } from "./actor.ts";
import type { IdentityContext } from "./context.ts";
import { createRecordedRefusal } from "./recorded-refusal.ts";
import type { IdentityRefusalCode } from "./refusals.ts";

export interface SessionView {
  readonly id: string;
  readonly account: string;
  /** RFC 3339, UTC. */
  readonly startedAt: string;
  /** Of its opening, its newest refresh or the newest factor: as coarse as the life of an access token. */
  readonly lastSeenAt: string;
  readonly expiresAt: string;
  /** What was shown, first factor first. */
  readonly factors: readonly string[];
  /** As the client said, shortened. */
  readonly userAgent: string | null;
  readonly browser: boolean;
  /** Whether it is the one that asks. */
  readonly current: boolean;
}

export interface SessionList {
  /** Open sessions of the caller, or of an account whose sessions the caller manages; newest first. */
  listSessions(
    caller: AuthenticatedActor,
    account?: string,
  ): Promise<{ readonly items: readonly SessionView[] } | Refusal<IdentityRefusalCode>>;
  /** Its tokens open nothing from the next request on. Another's session, for who does not manage it, is like one that is not there. */
  endSession(caller: AuthenticatedActor, session: string): Promise<Refusal<IdentityRefusalCode> | undefined>;
}

export function createSessionList(context: IdentityContext): SessionList {
  const { store, work, clock, decider } = context;
  const { db } = store;
  const no = createRecordedRefusal(context);
  const manages = (caller: AuthenticatedActor): boolean => decider.decide(caller.roles, "manage-sessions", "account", []);
  const open = () =>
    db
      .selectFrom("session")
      .innerJoin("account", "account.id", "session.account_id")
      .selectAll("session")
      .select("account.origin")
      .where("session.revoked_at", "is", null)
      .where("session.expires_at", ">", clock.now())
      .where("account.state", "=", "active");

  return {
    listSessions: async (caller, account = caller.id) => {
      if (caller.limit !== undefined || (account !== caller.id && !manages(caller))) return no(caller, "ACCESS_DENIED");
      if (!isId("user", account)) return no(caller, "IDENTITY_ACCOUNT_UNKNOWN");
      const rows = await open().where("session.account_id", "=", account).orderBy("session.id", "desc").execute();
      const items = rows.map((row) => ({
        id: row.id,
        account: row.account_id,
        startedAt: row.created_at.toISOString(),
        lastSeenAt: (row.last_seen_at ?? row.created_at).toISOString(),
        expiresAt: row.expires_at.toISOString(),
        factors: [row.origin === "issuer" ? "issuer" : "password", ...(row.second_factor === null ? [] : [row.second_factor])],
        userAgent: row.user_agent,
        browser: row.browser,
        current: row.id === caller.session,
      }));
      return { items };
    },
    endSession: async (caller, session) => {
      if (caller.limit !== undefined) return no(caller, "ACCESS_DENIED");
      const row = isId("session", session) ? await open().where("session.id", "=", session).executeTakeFirst() : undefined;
      const own = row?.account_id === caller.id;
      if (row === undefined || (!own && !manages(caller))) return no(caller, "IDENTITY_SESSION_UNKNOWN");
      const end = db
        .updateTable("session")
        .set({ revoked_at: clock.now() })
        .where("id", "=", row.id)
        .where("revoked_at", "is", null)
        .returning("id");
      // A conflict means that it has ended meanwhile: no change, so no event.
      await work.change(
        {
          type: "session.revoked",
          actor: toActor(caller),
          object: row.id,
          links: { account: row.account_id },
          outcome: "done",
          data: { because: own ? "ended by its owner" : "ended by an administrator" },
        },
        [expectOne(end)],
      );
      return undefined;
    },
  };
}
