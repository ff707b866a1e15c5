import { type Refusal, refuse } from "../kernel/index.ts";
import { type AuthenticatedActor, toActor } from "./actor.ts";
import type { IdentityContext } from "./context.ts";
import type { IdentityRefusalCode } from "./refusals.ts";

/** Records a refusal of somebody who is signed in, and gives it back. */
export function createGivenRefusal({ work }: Pick<IdentityContext, "work">) {
  return async (
    caller: AuthenticatedActor,
    refusal: Refusal<IdentityRefusalCode>,
    object: string = caller.id,
  ): Promise<Refusal<IdentityRefusalCode>> => {
    await work.record({ type: "identity.refused", actor: toActor(caller), object, outcome: "refused", code: refusal.code });
    return refusal;
  };
}

/** The same, of a code. */
export function createRecordedRefusal(context: Pick<IdentityContext, "work">) {
  const give = createGivenRefusal(context);
  return (
    caller: AuthenticatedActor,
    code: IdentityRefusalCode,
    object: string = caller.id,
    detail?: Refusal["detail"],
  ): Promise<Refusal<IdentityRefusalCode>> => give(caller, refuse(code, detail), object);
}

export type RecordedRefusal = ReturnType<typeof createRecordedRefusal>;
