import { type Refusal, refuse } from "../kernel/index.ts";
import { type AuthenticatedActor, toActor } from "./actor.ts";
import type { IdentityContext } from "./context.ts";
import type { IdentityRefusalCode } from "./refusals.ts";

/** A refusal of somebody who is signed in: recorded, then given back. */
export function createRecordedRefusal({ work }: Pick<IdentityContext, "work">) {
  return async (
    caller: AuthenticatedActor,
    code: IdentityRefusalCode,
    object: string = caller.id,
    detail?: Refusal["detail"],
  ): Promise<Refusal<IdentityRefusalCode>> => {
    await work.record({ type: "identity.refused", actor: toActor(caller), object, outcome: "refused", code });
    return refuse(code, detail);
  };
}

export type RecordedRefusal = ReturnType<typeof createRecordedRefusal>;
