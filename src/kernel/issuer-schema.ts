import Type, { type Static } from "typebox";
import { count, group, list, text } from "./setting.ts";

const algorithm = Type.Enum(["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]);

const mapping = group({
  group: text({ description: "A group as the issuer names it.", unit: "", examples: ["hanguang-analysts"] }),
  organisation: Type.String({ pattern: "^org_[0-9a-hjkmnp-tv-z]{26}$" }),
  roles: Type.Array(Type.String({ minLength: 1, maxLength: 40 }), { minItems: 1, maxItems: 8 }),
});

/** What holds where an issuer's entry says nothing. */
export const issuerDefaults = {
  redirectUris: [],
  scope: "openid profile",
  algorithms: ["RS256", "PS256", "ES256", "EdDSA"],
  clockSkewMs: 30_000,
  maxTokenAgeMs: 3_600_000,
  keysMaxAgeMs: 300_000,
  sessionTtlMs: 28_800_000,
} as const;

/** One issuer (OpenID provider) whose people and tokens are let in; `identity.oidc` lists them. */
export const issuerSchema = group({
  name: text({
    description: "Short name, in the address of its sign-in.",
    unit: "",
    examples: ["province"],
    pattern: "^[a-z][a-z0-9-]{0,31}$",
  }),
  issuer: text({
    description: "`iss` of its tokens, to the letter; https, or http on this machine.",
    unit: "",
    examples: ["https://sso.hebei.example"],
    pattern: "^https?://[^\\s?#]+$",
  }),
  audience: text({
    description: "`aud` that its access tokens for this platform carry; never the client id, which ID tokens carry.",
    unit: "",
    examples: ["https://hanguang.example/api"],
  }),
  clientId: text({ description: "The platform's client id at the issuer.", unit: "", examples: ["hanguang"] }),
  clientSecretFile: Type.Optional(
    text({
      description: "File of the client's secret (mode 0600), read at each sign-in. Left out: a public client.",
      unit: "",
      examples: ["/etc/hanguang/province.secret"],
    }),
  ),
  redirectUris: Type.Optional(
    list(
      text({
        description: "One address.",
        unit: "",
        examples: ["https://hanguang.example/signed-in"],
        pattern: "^https?://[^\\s#]+$",
      }),
      {
        description:
          "Where the issuer may send people back to; best one of its own for each issuer. None: tokens only, no sign-in.",
        unit: "",
        examples: [["https://hanguang.example/signed-in"]],
        default: issuerDefaults.redirectUris,
        maxItems: 8,
      },
    ),
  ),
  scope: Type.Optional(
    text({
      description: "Scope asked for at sign-in.",
      unit: "",
      examples: ["openid profile"],
      default: issuerDefaults.scope,
      pattern: "^openid( [\\x21\\x23-\\x5b\\x5d-\\x7e]+)*$",
    }),
  ),
  groupClaim: text({ description: "Claim that lists a person's groups.", unit: "", examples: ["groups"] }),
  groups: list(mapping, {
    description: "Group → organisation (id) and roles. Who is in none of them is not let in; no administration of the platform.",
    unit: "",
    examples: [[{ group: "hanguang-analysts", organisation: "org_01kjprzb00m3ezt4gt44z5bj5a", roles: ["analyst"] }]],
    minItems: 1,
  }),
  algorithms: Type.Optional(
    list(algorithm, {
      description: "Signature algorithms accepted; there are asymmetric ones only.",
      unit: "",
      examples: [["RS256"]],
      default: issuerDefaults.algorithms,
      minItems: 1,
    }),
  ),
  clockSkewMs: Type.Optional(
    count(0, 120_000, {
      description: "How far the issuer's clock may be off.",
      unit: "ms",
      examples: [30_000],
      default: issuerDefaults.clockSkewMs,
    }),
  ),
  maxTokenAgeMs: Type.Optional(
    count(60_000, 86_400_000, {
      description: "Oldest token accepted, whatever it says of its own end.",
      unit: "ms",
      examples: [3_600_000],
      default: issuerDefaults.maxTokenAgeMs,
    }),
  ),
  keysMaxAgeMs: Type.Optional(
    count(10_000, 3_600_000, {
      description: "How long the issuer's keys are kept: a withdrawn key may work for so long.",
      unit: "ms",
      examples: [300_000],
      default: issuerDefaults.keysMaxAgeMs,
    }),
  ),
  sessionTtlMs: Type.Optional(
    count(600_000, 2_592_000_000, {
      description: "Longest session opened by a sign-in there: somebody the issuer threw out may stay for so long.",
      unit: "ms",
      examples: [28_800_000],
      default: issuerDefaults.sessionTtlMs,
    }),
  ),
});

export type IssuerSettings = Static<typeof issuerSchema>;
