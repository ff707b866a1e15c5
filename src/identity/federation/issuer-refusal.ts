import { type Refusal, refuse } from "../../kernel/index.ts";
import type { IdentityContext } from "../context.ts";
import type { IdentityRefusalCode } from "../refusals.ts";
import type { Issuer } from "./issuers.ts";

/** A refusal of somebody an issuer vouches for, or of the issuer's word: recorded with why, given back without. */
export function createIssuerRefusal(
  { work }: Pick<IdentityContext, "work">,
  issuer: Issuer,
  type: "identity.refused" | "login.refused",
) {
  return async (code: IdentityRefusalCode, because: string, account?: string): Promise<Refusal<IdentityRefusalCode>> => {
    await work.record({
      type,
      actor: { kind: "anonymous" },
      object: account ?? `oidc/${issuer.name}`,
      outcome: "refused",
      code,
      data: { issuer: issuer.issuer, because },
    });
    return refuse(code);
  };
}
