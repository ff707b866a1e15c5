/**
 * Who may call a route. Every route declares one: a route without it stops the start.
 * - `public`: no token (health, login, first set-up);
 * - `signed-in`: any account in good standing;
 * - an action on a kind: the access policy decides (config/access/).
 */
export type Permission =
  | "public"
  | "signed-in"
  | {
      readonly action: string;
      readonly kind: string;
    };

export function describePermission(permission: Permission): string {
  return typeof permission === "string" ? permission : `${permission.kind}:${permission.action}`;
}
