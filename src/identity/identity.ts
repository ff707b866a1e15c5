import { type Accounts, createAccounts } from "./accounts.ts";
import { type Authenticate, createAuthenticate } from "./authenticate.ts";
import type { IdentityContext } from "./context.ts";
import { createEnrolment, type Enrolment } from "./enrolment.ts";
import { createFactorTickets } from "./factor-tickets.ts";
import { createFactors, type Factors } from "./factors.ts";
import { createFederation, type Federation } from "./federation/federation.ts";
import { createTokens } from "./jose-tokens.ts";
import { createLockout } from "./lockout.ts";
import { createLogin, type Login } from "./login.ts";
import { createOrganisations, type Organisations } from "./organisations.ts";
import { createTotp } from "./otpauth-totp.ts";
import { createOwnPassword, type OwnPassword } from "./own-password.ts";
import { createPasswords } from "./password.ts";
import { createReauthentication, type Reauthentication } from "./reauthentication.ts";
import { createRecoveryCodes } from "./recovery-codes.ts";
import { createRefresh, type Refresh } from "./refresh.ts";
import { createSecondFactors } from "./second-factors.ts";
import { createServiceKeyEntry } from "./service-key-entry.ts";
import { createServiceKeys, type ServiceKeys } from "./service-keys.ts";
import { createSessionList, type SessionList } from "./session-list.ts";
import { createSessionOpening } from "./session-opening.ts";
import { createSessions, type Sessions } from "./sessions.ts";
import { createSetup, type Setup, type SetupCode } from "./setup.ts";
import { createCredentials } from "./simplewebauthn-credentials.ts";

/** Who is calling: organisations, accounts, their passwords and factors, sessions, service keys, foreign issuers and the first set-up. */
export type Identity = Accounts &
  Organisations &
  Login &
  OwnPassword &
  Enrolment &
  Factors &
  Reauthentication &
  Refresh &
  Sessions &
  SessionList &
  ServiceKeys &
  Federation &
  Authenticate &
  Setup;

export async function createIdentity(
  context: IdentityContext & {
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
  const passwords = createPasswords({ random, log2Cost: context.passwordLog2Cost });
  const lockout = createLockout(context);
  const totp = createTotp({ clock, random });
  const credentials = createCredentials({ origin: settings.webOrigin, rpId: settings.webauthnRpId });
  const recoveryCodes = createRecoveryCodes(context);
  const factors = createSecondFactors(context, { totp, credentials, recoveryCodes });
  const tickets = createFactorTickets(context, factors);
  const opening = createSessionOpening(context, { tokens, lockout });
  const { entryFor, ...federation } = createFederation(context, opening);
  const shown = { passwords, lockout, factors, tickets, opening };
  return {
    ...createOrganisations(context),
    ...createAccounts(context, passwords),
    ...createLogin(context, shown),
    ...createOwnPassword(context, shown),
    ...createEnrolment(context, { totp, credentials, recoveryCodes }),
    ...createFactors(context, { recoveryCodes }),
    ...createReauthentication(context, shown),
    ...createRefresh(context, tokens),
    ...sessions,
    ...createSessionList(context),
    ...createServiceKeys(context),
    ...federation,
    ...createAuthenticate({ ours: sessions.authenticate, serviceKey: createServiceKeyEntry(context), foreign: entryFor }),
    ...createSetup(context, { setupCode, passwords }),
  };
}
