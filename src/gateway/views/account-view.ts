import Type from "typebox";
import { closed, idText } from "../shapes.ts";
import { publicKeyOptions } from "../webauthn-shapes.ts";

export const organisationView = closed(
  {
    id: idText,
    kind: Type.Enum(["source-unit", "agency", "operator", "authority", "regulator", "platform"]),
    name: Type.String(),
    uscc: Type.Union([Type.String(), Type.Null()]),
  },
  { title: "Organisation" },
);

export const accountView = closed(
  {
    id: idText,
    login: Type.String(),
    name: Type.String(),
    organisation: idText,
    origin: Type.Enum(["local", "issuer", "service"]),
    state: Type.Enum(["active", "disabled"]),
    roles: Type.Array(Type.String()),
  },
  { title: "Account" },
);

/** Who the caller's token says it is. */
export const callerView = closed(
  {
    kind: Type.Literal("account"),
    id: idText,
    organisation: idText,
    organisationKind: organisationView.properties.kind,
    roles: Type.Array(Type.String()),
    session: Type.Optional(idText),
    limit: Type.Optional(
      Type.Enum(["second-factor", "password-change", "enrolment"], {
        description: "What this session has to do before the roles count.",
      }),
    ),
    recent: Type.Optional(
      Type.Boolean({ description: "Whether a factor was shown lately enough to vote, release, give roles." }),
    ),
    key: Type.Optional(idText),
    issuer: Type.Optional(Type.String()),
    scopes: Type.Optional(Type.Array(Type.String())),
    login: Type.String(),
    name: Type.String(),
  },
  { title: "Caller" },
);

export const signedIn = closed(
  {
    accessToken: Type.String(),
    accessTokenExpiresAt: Type.String({ format: "date-time" }),
    refreshToken: Type.Optional(
      Type.String({
        description: "Works once; its replacement comes with the next refresh. A browser's is in a cookie and not here.",
      }),
    ),
  },
  { title: "SignedIn" },
);

export const secondFactorAsked = closed(
  {
    secondFactor: Type.Array(Type.Enum(["totp", "webauthn", "recovery-code"]), { description: "What the account can show." }),
    ticket: Type.String({ description: "Works once, right or wrong." }),
    ticketExpiresAt: Type.String({ format: "date-time" }),
    webauthn: Type.Optional(publicKeyOptions),
  },
  { title: "SecondFactorAsked" },
);

const instant = Type.String({ format: "date-time" });

export const sessionView = closed(
  {
    id: idText,
    account: idText,
    startedAt: instant,
    lastSeenAt: Type.String({ format: "date-time", description: "As coarse as the life of an access token." }),
    expiresAt: instant,
    factors: Type.Array(Type.String(), { description: "What was shown, first factor first." }),
    userAgent: Type.Union([Type.String(), Type.Null()]),
    browser: Type.Boolean({ description: "Its refresh token lives in a cookie." }),
    current: Type.Boolean(),
  },
  { title: "Session" },
);
