import { expectOne } from "../audit/index.ts";
import { type Refusal, refuse, toId } from "../kernel/index.ts";
import type { AuthenticatedActor } from "./actor.ts";
import type { IdentityContext } from "./context.ts";
import type { IdentityRefusalCode } from "./refusals.ts";
import { type ServiceKeyRow, serviceKeyRows, stateOfServiceKey } from "./service-key-rows.ts";
import { serviceRole } from "./service-key-scopes.ts";
import { hashServiceKeySecret } from "./service-key-secret.ts";

/** Longest text looked at; ours have 47 characters. */
const maxSecretLength = 64;

const hourMs = 3_600_000;

/** Who a service key is, read anew at each use: what ended it, ends it now. */
export function createServiceKeyEntry(context: IdentityContext) {
  const { store, work, clock } = context;

  /** Written once an hour: an event for every request would bury the log, a finer time would tell a machine's habits. */
  const noteUse = async (row: ServiceKeyRow, actor: AuthenticatedActor): Promise<void> => {
    const hour = new Date(Math.floor(clock.now().getTime() / hourMs) * hourMs);
    if (row.last_used_at !== null && row.last_used_at >= hour) return;
    const note = store.db
      .updateTable("service_key")
      .set({ last_used_at: hour })
      .where("id", "=", row.id)
      .where((eb) => eb.or([eb("last_used_at", "is", null), eb("last_used_at", "<", hour)]))
      .returning("id");
    // A conflict means that another request of this hour was first.
    await work.change(
      {
        type: "service-key.used",
        actor: { kind: "system", component: "identity" },
        object: row.id,
        links: { account: actor.id, organisation: actor.organisation },
        outcome: "done",
        data: { hour: hour.toISOString() },
      },
      [expectOne(note)],
    );
  };

  return async (secret: string): Promise<AuthenticatedActor | Refusal<IdentityRefusalCode>> => {
    const row =
      secret.length > maxSecretLength
        ? undefined
        : await serviceKeyRows(context).where("service_key.secret_hash", "=", hashServiceKeySecret(secret)).executeTakeFirst();
    if (row === undefined) return refuse("IDENTITY_TOKEN_INVALID");
    const state = stateOfServiceKey(context, row);
    if (state !== "active") {
      // Somebody holds a key that was taken away: the answer is that for any other text, the log says whose it was.
      await work.record({
        type: "identity.refused",
        actor: { kind: "anonymous" },
        object: row.id,
        links: { account: row.account_id, organisation: row.organisation_id },
        outcome: "refused",
        code: "IDENTITY_TOKEN_INVALID",
        data: { because: state },
      });
      return refuse("IDENTITY_TOKEN_INVALID");
    }
    const actor: AuthenticatedActor = {
      kind: "account",
      id: toId("user", row.account_id),
      organisation: toId("organisation", row.organisation_id),
      // Never what the store says of the account: no assignment makes a key more than this.
      roles: [serviceRole],
      key: toId("serviceKey", row.id),
      scopes: row.scopes,
      organisationKind: row.organisation_kind,
      login: row.login,
      name: row.name,
    };
    await noteUse(row, actor);
    return actor;
  };
}
