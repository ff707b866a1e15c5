import { type Refusal, refuse } from "../kernel/index.ts";
import { isRole, type Role } from "../policy/index.ts";
import type { OrganisationKind } from "../store/index.ts";
import type { IdentityRefusalCode } from "./refusals.ts";

/** The kind of organisation whose people can hold a role; none for a machine's. */
const homeOfRole: Readonly<Record<Role, OrganisationKind | undefined>> = {
  analyst: "operator",
  "operator-admin": "operator",
  "data-steward": "source-unit",
  "agency-officer": "agency",
  reviewer: "agency",
  "authority-officer": "authority",
  "platform-admin": "platform",
  "security-admin": "platform",
  "audit-admin": "platform",
  service: undefined,
};

/** Whether a foreign issuer's groups may give a role: no administration of the platform, no machine's. */
export function isMappableRole(name: string): boolean {
  return isRole(name) && homeOfRole[name] !== undefined && homeOfRole[name] !== "platform";
}

/** Held alone: the three administrations (三员分立), and reviewing apart from releasing. */
const heldAlone: ReadonlySet<Role> = new Set(["platform-admin", "security-admin", "audit-admin", "reviewer"]);

/** The roles if an account of that organisation may hold them together, else why not. */
export function checkRoles(
  names: readonly string[],
  organisationKind: OrganisationKind,
): readonly Role[] | Refusal<IdentityRefusalCode> {
  const roles: Role[] = [];
  for (const name of new Set(names)) {
    if (!isRole(name)) return refuse("IDENTITY_ROLE_UNKNOWN", { role: name.slice(0, 40) });
    if (homeOfRole[name] !== organisationKind) return refuse("IDENTITY_ROLE_MISFIT", { role: name, organisationKind });
    roles.push(name);
  }
  const alone = roles.find((role) => heldAlone.has(role));
  if (alone !== undefined && roles.length > 1) return refuse("IDENTITY_ROLES_APART", { role: alone });
  return roles;
}

/** Roles that no second factor is asked for; a role added later is asked. */
const oneFactorRoles: ReadonlySet<string> = new Set(["analyst", "service"]);

/** Whether an account with these roles signs in with two factors. There is no switch for it. */
export function needsSecondFactor(roles: readonly string[]): boolean {
  return roles.some((role) => !oneFactorRoles.has(role));
}
