/**
 * Who may call a route. Every route declares one: a route without it stops the start.
 * - `public`: no token (health, login, first set-up);
 * - `identified`: any caller the platform knows, machines and tokens of foreign issuers included;
 * - `signed-in`: a person with a session of the platform, whatever the roles;
 * - `watcher`: whoever shows the metrics token, which is no account's (/metrics alone);
 * - an action on a kind: the access policy decides (config/access/).
 */
export type Permission =
  | "public"
  | "identified"
  | "watcher"
  | "signed-in"
  | {
      readonly action: string;
      readonly kind: string;
    };

export function describePermission(permission: Permission): string {
  return typeof permission === "string" ? permission : `${permission.kind}:${permission.action}`;
}
