import { timingSafeEqual } from "node:crypto";
import { expectOne, expectRows } from "../audit/index.ts";
import { type Refusal, refuse, sha256 } from "../kernel/index.ts";
import type { IdentityContext } from "./context.ts";
import { checkCredentials } from "./credentials.ts";
import type { Passwords } from "./password.ts";
import type { IdentityRefusalCode } from "./refusals.ts";

type AdminRole = (typeof adminRoles)[number];

export interface SetupRequest {
  readonly code: string;
  readonly organisation: string;
  readonly accounts: readonly {
    readonly role: AdminRole;
    readonly login: string;
    readonly name: string;
    readonly password: string;
  }[];
}

/** The one-time code of the first start; it lies in a file that only the service's account can read. */
export interface SetupCode {
  read(): Promise<string | undefined>;
  consume(): Promise<void>;
}

export interface Setup {
  /** Whether the platform has no account yet. */
  needed(): Promise<boolean>;
  /** Makes the platform's organisation and three separate administrators (三员分立), once. */
  setupPlatform(request: SetupRequest): Promise<{ readonly organisation: string } | Refusal<IdentityRefusalCode>>;
}

const adminRoles = ["platform-admin", "security-admin", "audit-admin"] as const;

/** One account for each of the three administrations, no more, with a login of its own. */
function areThreeApart(accounts: SetupRequest["accounts"]): boolean {
  return (
    accounts.length === adminRoles.length &&
    adminRoles.every((role) => accounts.some((account) => account.role === role)) &&
    new Set(accounts.map(({ login }) => login)).size === accounts.length
  );
}

export function createSetup(
  { store, work, ids, clock, settings }: IdentityContext,
  { setupCode, passwords }: { readonly setupCode: SetupCode; readonly passwords: Passwords },
): Setup {
  const { db } = store;
  const needed = async (): Promise<boolean> =>
    (await db.selectFrom("account").select("id").limit(1).executeTakeFirst()) === undefined;

  const no = async (refusal: Refusal<IdentityRefusalCode>): Promise<Refusal<IdentityRefusalCode>> => {
    await work.record({
      type: "identity.refused",
      actor: { kind: "anonymous" },
      object: "platform",
      outcome: "refused",
      code: refusal.code,
    });
    return refusal;
  };

  return {
    needed,
    setupPlatform: async ({ code, organisation, accounts }) => {
      // A file cut short by a crash holds an empty code, which an empty guess would match.
      const expected = (await setupCode.read()) || undefined;
      // Digests have one length, so the comparison tells nothing of the code's.
      const right = expected !== undefined && timingSafeEqual(sha256(expected), sha256(code));
      if (!right || !(await needed())) return no(refuse("IDENTITY_SETUP_REFUSED"));
      if (!areThreeApart(accounts)) return no(refuse("IDENTITY_ROLES_APART", { needed: adminRoles.join(", ") }));
      for (const { login, password } of accounts) {
        const weak = checkCredentials(login, password, settings.passwordMinLength);
        if (weak !== undefined) return no(weak);
      }
      const now = clock.now();
      const id = ids.make("organisation");
      const rows = await Promise.all(
        accounts.map(async (account) => ({
          ...account,
          id: ids.make("user"),
          hash: await passwords.hash(account.password),
        })),
      );
      const outcome = await work.change(
        {
          type: "platform.set-up",
          actor: { kind: "anonymous" },
          object: id,
          links: Object.fromEntries(rows.map((row) => [row.role, row.id])),
          outcome: "done",
        },
        [
          expectOne(
            db
              .insertInto("organisation")
              .values({ id, kind: "platform", name: organisation, uscc: null, created_at: now })
              .returning("id"),
          ),
          expectRows(
            db
              .insertInto("account")
              .values(
                rows.map((row) => ({
                  id: row.id,
                  login: row.login,
                  name: row.name,
                  organisation_id: id,
                  password_hash: row.hash,
                  // Whoever holds the code types three people's passwords; each chooses one of their own.
                  password_change_needed: true,
                  state: "active" as const,
                  created_at: now,
                })),
              )
              .returning("id"),
            rows.length,
          ),
          expectRows(
            db
              .insertInto("account_role")
              .values(rows.map((row) => ({ account_id: row.id, role: row.role })))
              .returning("role"),
            rows.length,
          ),
        ],
      );
      // Somebody else set it up meanwhile: the store takes one platform.
      if (outcome.kind === "conflict") return no(refuse("IDENTITY_SETUP_REFUSED"));
      await setupCode.consume();
      return { organisation: id };
    },
  };
}
