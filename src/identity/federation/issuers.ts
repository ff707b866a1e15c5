import { type Config, type IssuerSettings, issuerDefaults } from "../../kernel/index.ts";
import { IdentityError } from "../errors.ts";
import { isMappableRole } from "../role-rules.ts";
import { secureUrl } from "./secure-url.ts";

/** A configured issuer with everything said. */
export type Issuer = Required<Omit<IssuerSettings, "clientSecretFile">> & Pick<IssuerSettings, "clientSecretFile">;

function problemOf(issuer: Issuer, own: string): string | undefined {
  if (secureUrl(issuer.issuer) === undefined) return "`issuer` is https, or http on this machine";
  const open = issuer.redirectUris.find((uri) => secureUrl(uri) === undefined);
  if (open !== undefined) return `the redirect address ${open} is neither https nor http on this machine`;
  // ID tokens carry the client id: they would pass for access tokens but for their type.
  if (issuer.audience === issuer.clientId) return "`audience` and `clientId` differ";
  if (issuer.issuer === own) return "`issuer` is what the platform's own tokens say (identity.issuer)";
  const role = issuer.groups.flatMap(({ roles }) => roles).find((name) => !isMappableRole(name));
  return role && `the role "${role}" is none, an administration of the platform, or a service key's`;
}

/** The configured issuers. Throws `IDENTITY_ISSUER_SETTINGS` naming the entry and the problem. */
export function resolveIssuers(settings: Pick<Config["identity"], "oidc" | "issuer">): readonly Issuer[] {
  const issuers = settings.oidc.map(
    (entry): Issuer => ({
      ...issuerDefaults,
      ...entry,
      redirectUris: entry.redirectUris ?? [],
      algorithms: entry.algorithms ?? [...issuerDefaults.algorithms],
    }),
  );
  for (const [at, issuer] of issuers.entries()) {
    const earlier = issuers.slice(0, at);
    const problem = earlier.some(({ name }) => name === issuer.name)
      ? "another entry has its name"
      : earlier.some((other) => other.issuer === issuer.issuer)
        ? "another entry has its `issuer`"
        : problemOf(issuer, settings.issuer);
    if (problem !== undefined)
      throw new IdentityError(
        "IDENTITY_ISSUER_SETTINGS",
        `Setting identity.oidc, entry ${issuer.name}: ${problem}. docs/how-to/connect-an-issuer.md has a valid example.`,
      );
  }
  return issuers;
}
