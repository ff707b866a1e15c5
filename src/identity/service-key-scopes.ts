import { actionsOfKind, type Decider } from "../policy/index.ts";

/** The role a key acts in. People never hold it; what it may at most, the access policy says. */
export const serviceRole = "service";

/** Permissions (`job:submit`) a key can be made for: what the policy allows the role in any situation. */
export function possibleScopes(decider: Decider): readonly string[] {
  return Object.entries(actionsOfKind).flatMap(([kind, actions]) =>
    actions.filter((action) => decider.mayEver([serviceRole], action, kind)).map((action) => `${kind}:${action}`),
  );
}
