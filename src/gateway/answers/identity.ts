import type { IdentityRefusalCode } from "../../identity/index.ts";
import type { Answer } from "./answer.ts";

export const identityAnswers: Readonly<Record<IdentityRefusalCode, Answer>> = {
  IDENTITY_TOKEN_MISSING: {
    status: 401,
    title: "Send an access token: `Authorization: Bearer …` (POST /v1/auth/login gives one).",
  },
  IDENTITY_TOKEN_INVALID: { status: 401, title: "The access token is not valid now; refresh it or log in again." },
  IDENTITY_LOGIN_REFUSED: {
    status: 401,
    title: "Login, password, ticket or second factor is wrong, or the account has to wait. A ticket works once: begin again.",
  },
  IDENTITY_REFRESH_REFUSED: { status: 401, title: "The refresh token is not valid; log in again." },
  IDENTITY_SECOND_FACTOR_NEEDED: {
    status: 403,
    title: "This session has not shown the account's second factor: POST /v1/auth/reauthenticate.",
  },
  IDENTITY_PASSWORD_CHANGE_NEEDED: {
    status: 403,
    title: "The password was chosen by somebody else; choose one: POST /v1/me/password.",
  },
  IDENTITY_ENROLMENT_NEEDED: {
    status: 403,
    title: "The account's roles need a second factor; enrol one: POST /v1/me/factors.",
  },
  IDENTITY_REAUTHENTICATION_NEEDED: {
    status: 403,
    title: "This needs a factor shown lately: POST /v1/auth/reauthenticate, then send the request again.",
  },
  IDENTITY_REAUTHENTICATION_REFUSED: {
    status: 403,
    title: "What was shown is wrong or was used before, or the account has to wait; wait for the next code, then show it again.",
  },
  IDENTITY_ENROLMENT_REFUSED: {
    status: 422,
    title: "The code or the answer does not fit the enrolment; check the clock, or begin again.",
  },
  IDENTITY_FACTOR_UNKNOWN: {
    status: 404,
    title:
      "There is no such factor, or its enrolment is over. Read the factors (GET /v1/me/factors), or begin the enrolment again.",
  },
  IDENTITY_FACTOR_LAST: { status: 409, title: "The account's roles need a second factor; enrol another before this one goes." },
  IDENTITY_FACTOR_LIMIT: { status: 409, title: "The account has as many factors as it may; remove one first." },
  IDENTITY_SESSION_UNKNOWN: {
    status: 404,
    title: "There is no such session, or it has ended; GET /v1/sessions lists the open ones.",
  },
  IDENTITY_PASSWORD_WRONG: {
    status: 403,
    title: "The old password is wrong, or the account has to wait. Try again in a moment.",
  },
  IDENTITY_SETUP_REFUSED: { status: 403, title: "Set-up takes the one-time code of the first start, once." },
  IDENTITY_NAME_TAKEN: { status: 409, title: "This name or code is taken; choose another." },
  IDENTITY_PASSWORD_WEAK: {
    status: 422,
    title: "The password is too short, or contains the login. Length is what counts. Choose several words.",
  },
  IDENTITY_PASSWORD_LISTED: {
    status: 422,
    title: "The password is one that others use and guessers try first, or made of such ones. Choose several words of your own.",
  },
  IDENTITY_LOGIN_MALFORMED: { status: 422, title: "The login name does not have the accepted form. Choose one as `more` says." },
  IDENTITY_ORGANISATION_UNKNOWN: {
    status: 422,
    title: "There is no such organisation for this caller. Look at the id: it is one of the caller's organisations.",
  },
  IDENTITY_USCC_INVALID: {
    status: 422,
    title:
      "An operator needs a valid unified social credit code (统一社会信用代码). Write all 18 characters of it; the last is a check digit.",
    article: "3",
  },
  IDENTITY_ACCOUNT_UNKNOWN: {
    status: 404,
    title: "There is no such account, or it is the caller's own. Look the id up: GET /v1/users.",
  },
  IDENTITY_ROLE_UNKNOWN: {
    status: 422,
    title: "There is no such role; `more` names it. Look the roles up in docs/how-to/manage-accounts.md.",
  },
  IDENTITY_ROLE_MISFIT: {
    status: 422,
    title: "The role does not belong to this kind of organisation; `more` names both. Choose a role of its kind.",
  },
  IDENTITY_ROLES_APART: {
    status: 422,
    title: "This role is held alone and not given to oneself (三员分立). Choose another account for it.",
  },
  IDENTITY_ACCOUNT_NOT_LOCAL: {
    status: 409,
    title:
      "The roles of this account come from its issuer's groups or are a service key's own; they are not assigned here. Ask the issuer's administrator to change the groups, or make another key.",
  },
  IDENTITY_NOT_MAPPED: {
    status: 403,
    title: "The issuer vouches for you, but none of your groups has a place on this platform. Ask its security administrator.",
  },
  IDENTITY_SIGN_IN_NEEDED: {
    status: 403,
    title: "An issuer's token carries only roles that need no second factor. Sign in at the platform for the others.",
  },
  IDENTITY_ISSUER_UNREACHABLE: { status: 503, title: "The issuer does not answer; try again in a moment." },
  IDENTITY_ISSUER_UNKNOWN: { status: 404, title: "Nobody signs in at such an issuer; GET /v1/auth/oidc lists those there are." },
  IDENTITY_REDIRECT_UNKNOWN: {
    status: 422,
    title: "The address to come back to is none of the issuer's configured ones. Send one of those, letter by letter.",
  },
  IDENTITY_SIGN_IN_REFUSED: { status: 401, title: "The issuer's answer does not end this sign-in; begin a new one." },
  IDENTITY_KEY_UNKNOWN: { status: 404, title: "There is no such service key; GET /v1/service-keys lists them." },
  IDENTITY_KEY_SCOPE: {
    status: 422,
    title: "A service key names at least one scope, each of the accepted. Choose from those that `more` lists.",
  },
  IDENTITY_KEY_TERM: {
    status: 422,
    title: "A service key lives at least a day and at most what the platform allows. Choose a day between.",
  },
  IDENTITY_KEY_LIMIT: { status: 409, title: "The organisation has as many service keys as it may; revoke one first." },
  ACCESS_DENIED: {
    status: 403,
    title:
      "The caller's roles do not allow this; GET /v1/me lists them. Ask the security administrator, or somebody who has the role.",
  },
};
