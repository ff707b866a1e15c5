import type { PermissionName, Relation, Role } from "./vocabulary.ts";

/** Roles that may ever hold a permission, each with the relations that it needs at least. */
export type Ceiling = Readonly<Partial<Record<Role, readonly Relation[]>>>;

const each = (holders: readonly Role[], needs: readonly Relation[] = []): Ceiling =>
  Object.fromEntries(holders.map((role) => [role, needs]));

const operatorSide: readonly Role[] = ["analyst", "operator-admin", "service"];
const agencySide: readonly Role[] = ["agency-officer", "reviewer"];
const administrations: readonly Role[] = ["platform-admin", "security-admin", "audit-admin"];
const atWork: readonly Role[] = [...operatorSide, ...agencySide, "data-steward", "authority-officer"];
/** Each sees what is its own: the operator's side its own, the agency what it implements, the authority all. */
const ownSeen: Ceiling = { ...each(operatorSide, ["own"]), ...each(agencySide, ["agency"]), "authority-officer": [] };

/**
 * What no policy may go beyond, whoever proposes and confirms it. The three administrations
 * (三员分立) reach no data, agreement, job, result or export, and no two of them the same power over
 * accounts; the operator's side sees its own only and decides on nothing; nobody approves, reviews
 * or releases what is their own; the audit is read, never written. A permission without its line
 * here does not compile.
 */
export const ceilings: Readonly<Record<PermissionName, Ceiling>> = {
  "organisation:read": each([...atWork, ...administrations]),
  "organisation:create": each(["platform-admin"]),

  "account:read": {
    ...each(administrations),
    ...each(["operator-admin", "data-steward", "agency-officer", "authority-officer"], ["own"]),
  },
  "account:create": { "platform-admin": [], "operator-admin": ["own"] },
  "account:assign-roles": each(["security-admin"]),
  "account:reset-factors": each(["security-admin"]),
  "account:manage-sessions": each(["security-admin"]),
  "account:disable": each(["security-admin"]),
  "service-key:read": { "operator-admin": ["own"], ...each(["security-admin", "audit-admin"]) },
  "service-key:create": each(["operator-admin"], ["own"]),
  "service-key:revoke": { "operator-admin": ["own"], "security-admin": [] },

  "family:read": each(atWork),
  "family:create": each(["data-steward", "authority-officer"]),
  "resource:read": each(atWork),
  "resource:create": each(["data-steward"]),
  "resource:load": each(["data-steward"], ["own"]),

  "agreement:read": ownSeen,
  "agreement:draft": { "operator-admin": ["own"], "agency-officer": ["agency"] },
  "agreement:approve": each(["agency-officer"], ["agency", "not-author"]),
  "agreement:activate": each(["agency-officer"], ["agency"]),
  "agreement:terminate": { "agency-officer": ["agency"], "authority-officer": [] },

  "job:submit": each(operatorSide, ["own"]),
  "job:read": ownSeen,
  "job:cancel": { ...each(operatorSide, ["own"]), "agency-officer": ["agency"], "authority-officer": [] },
  "job:label": each(operatorSide, ["own"]),
  "query:save": each(operatorSide, ["own"]),
  "query:read": each(operatorSide, ["own"]),
  "result:read": each(operatorSide, ["own"]),

  "export:request": each(operatorSide, ["own"]),
  "export:read": ownSeen,
  "export:evidence": each(["reviewer"], ["agency"]),
  "export:review": each(["reviewer"], ["agency", "not-author", "not-operator"]),
  "export:release": each(["agency-officer"], ["agency", "not-author"]),
  "export:revoke": { "agency-officer": ["agency"], "authority-officer": [] },
  "export:download": each(operatorSide, ["own"]),

  "audit:read": each(["audit-admin", "authority-officer"]),
  "audit:trace": each(["audit-admin", "authority-officer"]),

  "log-origin:read": each([...administrations, "authority-officer"]),
  "log-origin:propose": each(["security-admin"]),
  "log-origin:approve": each(["audit-admin"]),

  "policy:read": each([...administrations, "authority-officer"]),
  "policy:propose": each(["security-admin"]),
  "policy:confirm": each(["audit-admin"], ["not-author"]),
};

/**
 * What every policy keeps. Without the first three nobody could change the policy again; without
 * the others nobody could take a role away, or see what was done.
 */
export const floor: readonly (readonly [Role, PermissionName])[] = [
  ["security-admin", "policy:propose"],
  ["audit-admin", "policy:confirm"],
  ["audit-admin", "policy:read"],
  ["security-admin", "account:assign-roles"],
  ["security-admin", "account:disable"],
  ["audit-admin", "audit:read"],
];
