/** Roles of accounts (design §11). The three administrations are kept apart (三员分立); `service` is a service key's, no person's. */
export const roles = [
  "analyst",
  "operator-admin",
  "data-steward",
  "agency-officer",
  "reviewer",
  "authority-officer",
  "platform-admin",
  "security-admin",
  "audit-admin",
  "service",
] as const;

export type Role = (typeof roles)[number];

/** What can be asked of each kind of object; the policy file may name nothing else. */
export const actionsOfKind = {
  organisation: ["read", "create"],
  account: ["read", "create", "assign-roles", "reset-factors", "manage-sessions", "disable"],
  "service-key": ["read", "create", "revoke"],
  family: ["read", "create"],
  resource: ["read", "create", "load"],
  agreement: ["read", "draft", "approve", "activate", "terminate"],
  job: ["submit", "read", "cancel", "label"],
  query: ["save", "read"],
  result: ["read"],
  export: ["request", "read", "evidence", "review", "release", "revoke", "download"],
  audit: ["read", "trace"],
  "log-origin": ["read", "propose", "approve"],
  policy: ["read", "propose", "confirm"],
} as const;

export type AccessKind = keyof typeof actionsOfKind;
export type AccessAction<Kind extends AccessKind = AccessKind> = (typeof actionsOfKind)[Kind][number];

/** `kind:action`, as scopes, events and this folder's tables name it. */
export type PermissionName = { [Kind in AccessKind]: `${Kind}:${AccessAction<Kind>}` }[AccessKind];

/** What may hold between a caller and an object; found by the feature that owns the object. */
export const relations = ["own", "agency", "not-author", "not-operator"] as const;

export type Relation = (typeof relations)[number];

export function isRole(text: string): text is Role {
  return (roles as readonly string[]).includes(text);
}

export function isKind(text: string): text is AccessKind {
  return Object.hasOwn(actionsOfKind, text);
}

export function isAction(kind: AccessKind, text: string): boolean {
  return (actionsOfKind[kind] as readonly string[]).includes(text);
}

export function isRelation(text: string): text is Relation {
  return (relations as readonly string[]).includes(text);
}
