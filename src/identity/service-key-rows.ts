import { sql } from "kysely";
import type { IdentityContext } from "./context.ts";

/** Service keys with what their standing depends on. */
export function serviceKeyRows({ store }: Pick<IdentityContext, "store">) {
  return store.db
    .selectFrom("service_key")
    .innerJoin("account", "account.id", "service_key.account_id")
    .innerJoin("account as maker", "maker.id", "service_key.maker_id")
    .innerJoin("organisation", "organisation.id", "service_key.organisation_id")
    .selectAll("service_key")
    .select(["account.login", "account.state as account_state", "organisation.kind as organisation_kind"])
    .select(["maker.state as maker_state", "maker.organisation_id as maker_organisation_id"])
    .select((eb) =>
      eb
        .selectFrom("account_role")
        .whereRef("account_role.account_id", "=", "maker.id")
        .select(sql<string[]>`coalesce(array_agg(role ORDER BY role), '{}')`.as("roles"))
        .as("maker_roles"),
    );
}

export type ServiceKeyRow = Awaited<ReturnType<ReturnType<typeof serviceKeyRows>["execute"]>>[number];

/** `ended`: its maker could not make it today (account, organisation or roles changed), or its own account was disabled. */
export type ServiceKeyState = "active" | "expired" | "revoked" | "ended";

export function stateOfServiceKey(
  { clock, decider }: Pick<IdentityContext, "clock" | "decider">,
  row: ServiceKeyRow,
): ServiceKeyState {
  if (row.revoked_at !== null) return "revoked";
  if (row.expires_at <= clock.now()) return "expired";
  const makerStands =
    row.maker_state === "active" &&
    row.maker_organisation_id === row.organisation_id &&
    decider.decide(row.maker_roles ?? [], "create", "service-key", ["own"]);
  return makerStands && row.account_state === "active" ? "active" : "ended";
}
