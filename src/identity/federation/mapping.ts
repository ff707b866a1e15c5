import { isRefusal } from "../../kernel/index.ts";
import type { OrganisationKind } from "../../store/index.ts";
import { checkRoles } from "../role-rules.ts";
import type { Issuer } from "./issuers.ts";

/** Where an account belongs and what it may, by its groups. */
export interface Place {
  readonly organisation: string;
  readonly roles: readonly string[];
}

/** Why groups give no place; for the log. */
export interface NoPlace {
  readonly because: string;
}

/** The groups that the settings name, each once; the others say nothing here and are not kept. */
export function mappedGroups(issuer: Issuer, groups: readonly string[]): readonly string[] {
  return [...new Set(issuer.groups.map(({ group }) => group))].filter((group) => groups.includes(group));
}

/** All of the groups' entries together: one organisation, and roles that may be held together, else none at all. */
export async function placeOf(
  issuer: Issuer,
  groups: readonly string[],
  kindOf: (organisation: string) => Promise<OrganisationKind | undefined>,
): Promise<Place | NoPlace> {
  const entries = issuer.groups.filter(({ group }) => groups.includes(group));
  const [organisation, ...others] = new Set(entries.map((entry) => entry.organisation));
  if (organisation === undefined) return { because: "no group is mapped" };
  if (others.length > 0) return { because: "groups of several organisations" };
  const kind = await kindOf(organisation);
  if (kind === undefined) return { because: "the organisation does not exist" };
  const roles = checkRoles(
    entries.flatMap((entry) => entry.roles),
    kind,
  );
  return isRefusal(roles) ? { because: `roles: ${roles.code}` } : { organisation, roles };
}
