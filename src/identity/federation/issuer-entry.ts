import { type Refusal, toId } from "../../kernel/index.ts";
import type { AuthenticatedActor } from "../actor.ts";
import type { IdentityContext } from "../context.ts";
import type { IdentityRefusalCode } from "../refusals.ts";
import { needsSecondFactor } from "../role-rules.ts";
import type { FederatedAccounts } from "./federated-accounts.ts";
import { createIssuerRefusal } from "./issuer-refusal.ts";
import type { Issuer } from "./issuers.ts";
import type { IssuerTokens } from "./jose-issuer-tokens.ts";

/** Lets people in by access tokens of one issuer. */
export function createIssuerEntry(
  context: Pick<IdentityContext, "work">,
  issuer: Issuer,
  { tokens, accounts }: { readonly tokens: IssuerTokens; readonly accounts: FederatedAccounts },
) {
  const no = createIssuerRefusal(context, issuer, "identity.refused");

  return async (bearer: string): Promise<AuthenticatedActor | Refusal<IdentityRefusalCode>> => {
    const proof = await tokens.verifyAccessToken(bearer);
    if ("because" in proof)
      return no(proof.unreachable ? "IDENTITY_ISSUER_UNREACHABLE" : "IDENTITY_TOKEN_INVALID", proof.because);
    const account = await accounts.admit(issuer, proof);
    if ("refused" in account) return no(account.refused, account.because, account.account);
    // Such a token shows no second factor that could be checked here.
    const roles = account.roles.filter((role) => !needsSecondFactor([role]));
    if (roles.length === 0) return no("IDENTITY_SIGN_IN_NEEDED", "no role that a token carries", account.id);
    return {
      kind: "account",
      id: toId("user", account.id),
      organisation: toId("organisation", account.organisation),
      roles,
      issuer: issuer.issuer,
      organisationKind: account.organisationKind,
      login: account.login,
      name: account.name,
    };
  };
}
