import { expectOne } from "../audit/index.ts";
import { isId, type Refusal, refuse } from "../kernel/index.ts";
import { type AuthenticatedActor, toActor } from "./actor.ts";
import type { IdentityContext } from "./context.ts";
import { IdentityError } from "./errors.ts";
import { createGivenRefusal } from "./recorded-refusal.ts";
import type { IdentityRefusalCode } from "./refusals.ts";
import { type ServiceKeyRow, type ServiceKeyState, serviceKeyRows, stateOfServiceKey } from "./service-key-rows.ts";
import { possibleScopes, serviceRole } from "./service-key-scopes.ts";
import { makeServiceKeySecret } from "./service-key-secret.ts";

export interface ServiceKeyView {
  readonly id: string;
  readonly name: string;
  readonly organisation: string;
  /** The account in whose name the key acts. */
  readonly account: string;
  readonly maker: string;
  readonly scopes: readonly string[];
  readonly state: ServiceKeyState;
  readonly createdAt: string;
  readonly expiresAt: string;
  /** To the hour. */
  readonly lastUsedAt: string | null;
}

export interface ServiceKeys {
  listServiceKeys(caller: AuthenticatedActor): Promise<readonly ServiceKeyView[]>;
  /** A key of the caller's organisation. Its secret is in this answer and nowhere else. */
  createServiceKey(
    caller: AuthenticatedActor,
    request: { readonly name: string; readonly scopes: readonly string[]; readonly days: number },
  ): Promise<(ServiceKeyView & { readonly secret: string }) | Refusal<IdentityRefusalCode>>;
  /** From the next request on the key is worth nothing; revoking twice is no change. */
  revokeServiceKey(caller: AuthenticatedActor, key: string): Promise<ServiceKeyView | Refusal<IdentityRefusalCode>>;
}

const dayMs = 86_400_000;

export function createServiceKeys(context: IdentityContext): ServiceKeys {
  const { store, work, ids, clock, random, decider, settings } = context;
  const { db } = store;

  const no = createGivenRefusal(context);
  const may = (caller: AuthenticatedActor, action: string, organisation: string): boolean =>
    decider.decide(caller.roles, action, "service-key", organisation === caller.organisation ? ["own"] : []);

  const view = (row: ServiceKeyRow): ServiceKeyView => ({
    id: row.id,
    name: row.name,
    organisation: row.organisation_id,
    account: row.account_id,
    maker: row.maker_id,
    scopes: row.scopes,
    state: stateOfServiceKey(context, row),
    createdAt: row.created_at.toISOString(),
    expiresAt: row.expires_at.toISOString(),
    lastUsedAt: row.last_used_at?.toISOString() ?? null,
  });
  const loadView = async (key: string): Promise<ServiceKeyView> =>
    view(await serviceKeyRows(context).where("service_key.id", "=", key).executeTakeFirstOrThrow());
  const countLiving = async (organisation: string): Promise<number> => {
    const { count } = await db
      .selectFrom("service_key")
      .select((eb) => eb.fn.countAll<string>().as("count"))
      .where("organisation_id", "=", organisation)
      .where("revoked_at", "is", null)
      .where("expires_at", ">", clock.now())
      .executeTakeFirstOrThrow();
    return Number(count);
  };
  const make = async (caller: AuthenticatedActor, name: string, scopes: readonly string[], days: number) => {
    const now = clock.now();
    const id = ids.make("serviceKey");
    const account = ids.make("user");
    const secret = makeServiceKeySecret(random);
    const insertAccount = db
      .insertInto("account")
      // A login that nobody can type: it does not have the form of one.
      .values({
        id: account,
        login: `service:${id}`,
        name,
        organisation_id: caller.organisation,
        password_hash: null,
        origin: "service",
        state: "active",
        created_at: now,
      })
      .returning("id");
    const insertRole = db.insertInto("account_role").values({ account_id: account, role: serviceRole }).returning("role");
    const insertKey = db
      .insertInto("service_key")
      .values({
        id,
        account_id: account,
        organisation_id: caller.organisation,
        maker_id: caller.id,
        name,
        secret_hash: secret.hash,
        scopes: JSON.stringify(scopes),
        created_at: now,
        expires_at: new Date(now.getTime() + days * dayMs),
      })
      .returning("id");
    const outcome = await work.change(
      {
        type: "service-key.created",
        actor: toActor(caller),
        object: id,
        made: [account],
        links: { organisation: caller.organisation },
        outcome: "done",
        data: { scopes: [...scopes], days },
      },
      [expectOne(insertAccount), expectOne(insertRole), expectOne(insertKey)],
    );
    if (outcome.kind === "conflict") throw new IdentityError("IDENTITY_CONTENTION", "A new service key met one of the same id.");
    return { ...(await loadView(id)), secret: secret.text };
  };

  return {
    listServiceKeys: async (caller) => {
      const rows = await serviceKeyRows(context)
        .where("service_key.organisation_id", "=", caller.organisation)
        .orderBy("service_key.id")
        .execute();
      return rows.filter((row) => may(caller, "read", row.organisation_id)).map(view);
    },
    createServiceKey: async (caller, { name, scopes, days }) => {
      // What lasts for months is not made with a token that a session does not stand behind.
      if (caller.session === undefined || !may(caller, "create", caller.organisation)) return no(caller, refuse("ACCESS_DENIED"));
      const possible = possibleScopes(decider);
      if (scopes.length === 0 || !scopes.every((scope) => possible.includes(scope)))
        return no(caller, refuse("IDENTITY_KEY_SCOPE", { accepted: possible.join(", ") }));
      if (!Number.isInteger(days) || days < 1 || days > settings.serviceKeyMaxDays)
        return no(caller, refuse("IDENTITY_KEY_TERM", { maxDays: settings.serviceKeyMaxDays }));
      // One at a time: of two that counted together both would find the last place free.
      return store.exclusively(`service-keys/${caller.organisation}`, async () => {
        const most = settings.serviceKeysPerOrganisation;
        if ((await countLiving(caller.organisation)) >= most) return no(caller, refuse("IDENTITY_KEY_LIMIT", { most }));
        return make(
          caller,
          name,
          possible.filter((scope) => scopes.includes(scope)),
          days,
        );
      });
    },
    revokeServiceKey: async (caller, key) => {
      const row = isId("serviceKey", key)
        ? await serviceKeyRows(context).where("service_key.id", "=", key).executeTakeFirst()
        : undefined;
      if (row === undefined || !may(caller, "revoke", row.organisation_id)) return no(caller, refuse("IDENTITY_KEY_UNKNOWN"));
      const revoke = db
        .updateTable("service_key")
        .set({ revoked_at: clock.now() })
        .where("id", "=", row.id)
        .where("revoked_at", "is", null)
        .returning("id");
      // A conflict means that it was revoked before: no change, so no event.
      await work.change(
        {
          type: "service-key.revoked",
          actor: toActor(caller),
          object: row.id,
          links: { account: row.account_id, organisation: row.organisation_id },
          outcome: "done",
        },
        [expectOne(revoke)],
      );
      return loadView(row.id);
    },
  };
}
