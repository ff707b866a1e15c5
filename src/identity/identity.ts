import type { Keystore } from "../keys/index.ts";
import { type Accounts, createAccounts } from "./accounts.ts";
import type { IdentityContext } from "./context.ts";
import { createTokens } from "./jose-tokens.ts";
import { createOrganisations, type Organisations } from "./organisations.ts";
import { createSessions, type Sessions } from "./sessions.ts";
import { createSetup, type Setup, type SetupCode } from "./setup.ts";

/** Who is calling: organisations, accounts, sessions and the first set-up. */
export type Identity = Accounts & Organisations & Sessions & Setup;

export async function createIdentity(
  context: IdentityContext & { readonly keys: Pick<Keystore, "signing">; readonly setupCode: SetupCode },
): Promise<Identity> {
  const { settings, clock } = context;
  const key = await context.keys.signing("token-signing");
  const tokens = createTokens({
    key,
    issuer: settings.issuer,
    audience: settings.audience,
    ttlMs: settings.accessTokenTtlMs,
    clock,
  });
  return {
    ...createOrganisations(context),
    ...createAccounts(context),
    ...createSessions(context, tokens),
    ...createSetup(context, context.setupCode),
  };
}
