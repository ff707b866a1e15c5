import type { Keystore } from "../keys/index.ts";
import { type Accounts, createAccounts } from "./accounts.ts";
import { type Authenticate, createAuthenticate } from "./authenticate.ts";
import type { IdentityContext } from "./context.ts";
import { createFederation, type Federation } from "./federation/federation.ts";
import { createTokens } from "./jose-tokens.ts";
import { createLogin, type Login } from "./login.ts";
import { createOrganisations, type Organisations } from "./organisations.ts";
import { createPasswords } from "./password.ts";
import { createRefresh, type Refresh } from "./refresh.ts";
import { createServiceKeyEntry } from "./service-key-entry.ts";
import { createServiceKeys, type ServiceKeys } from "./service-keys.ts";
import { createSessions, type Sessions } from "./sessions.ts";
import { createSetup, type Setup, type SetupCode } from "./setup.ts";

/** Who is calling: organisations, accounts, sessions, service keys, foreign issuers and the first set-up. */
export type Identity = Accounts & Organisations & Login & Refresh & Sessions & ServiceKeys & Federation & Authenticate & Setup;

export async function createIdentity(
  context: IdentityContext & {
    readonly keys: Pick<Keystore, "signing">;
    readonly setupCode: SetupCode;
    /** See `PasswordDeps`. */
    readonly passwordLog2Cost?: number | undefined;
  },
): Promise<Identity> {
  const { settings, clock, random, setupCode } = context;
  const tokens = createTokens({
    key: await context.keys.signing("token-signing"),
    issuer: settings.issuer,
    audience: settings.audience,
    ttlMs: settings.accessTokenTtlMs,
    clock,
    random,
  });
  const sessions = createSessions(context, tokens);
  const { entryFor, ...federation } = createFederation(context);
  const passwords = createPasswords({ random, log2Cost: context.passwordLog2Cost });
  return {
    ...createOrganisations(context),
    ...createAccounts(context, passwords),
    ...createLogin(context, { tokens, passwords }),
    ...createRefresh(context, tokens),
    ...sessions,
    ...createServiceKeys(context),
    ...federation,
    ...createAuthenticate({ ours: sessions.authenticate, serviceKey: createServiceKeyEntry(context), foreign: entryFor }),
    ...createSetup(context, { setupCode, passwords }),
  };
}
