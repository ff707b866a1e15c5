import type { AuditRefusalCode, IdempotencyRefusalCode } from "../audit/index.ts";
import type { CatalogRefusalCode } from "../catalog/index.ts";
import type { IngestRefusalCode } from "../engine/index.ts";
import type { ExportRefusalCode } from "../export-gate/index.ts";
import type { GovernanceRefusalCode } from "../governance/index.ts";
import type { IdentityRefusalCode, PolicyRefusalCode } from "../identity/index.ts";
import type { JobRefusalCode } from "../sandbox/index.ts";
import type { NoNewWorkCode, UnfitCode } from "./fitness.ts";

/** Refusals of the gateway itself: what never reaches a feature. */
export type GatewayCode =
  | "REQUEST_INVALID"
  | "REQUEST_TOO_LARGE"
  | "REQUEST_MEDIA_TYPE"
  | "REQUEST_TUS_VERSION"
  | "PRECONDITION_MISSING"
  | "REQUEST_ORIGIN"
  | "REQUEST_MALFORMED"
  | "REQUEST_HEADERS_TOO_LARGE"
  | "REQUEST_TIMEOUT"
  | "REQUEST_EXPECTATION"
  | "REQUEST_EXPOSED"
  | "METHOD_NOT_ALLOWED"
  | "REQUEST_LIMIT"
  | "IDEMPOTENCY_KEY_INVALID"
  | "IDEMPOTENCY_NOT_HERE"
  | "NOT_FOUND"
  | "UNAVAILABLE"
  | UnfitCode
  | NoNewWorkCode
  | "INTERNAL";

export type AnswerCode =
  | GatewayCode
  | AuditRefusalCode
  | IdempotencyRefusalCode
  | CatalogRefusalCode
  | IngestRefusalCode
  | ExportRefusalCode
  | GovernanceRefusalCode
  | IdentityRefusalCode
  | JobRefusalCode
  | PolicyRefusalCode;

export interface Answer {
  readonly status:
    | 400
    | 401
    | 403
    | 404
    | 405
    | 408
    | 409
    | 410
    | 412
    | 413
    | 415
    | 417
    | 422
    | 428
    | 429
    | 431
    | 460
    | 500
    | 503
    | 507;
  /** Fixed text: what is wrong and what to do. */
  readonly title: string;
  /** Article of the regulation behind it. */
  readonly article?: string;
}

/** Every refusal's answer: a code without one does not compile. Hidden and absent share theirs. */
export const answers: Readonly<Record<AnswerCode, Answer>> = {
  REQUEST_INVALID: {
    status: 400,
    title:
      "The request does not have the form this route takes; `more` says where. Correct it there; /openapi.json has the form.",
  },
  REQUEST_TOO_LARGE: { status: 413, title: "The body is too large for this route; send less (setting server.bodyLimitBytes)." },
  REQUEST_MEDIA_TYPE: {
    status: 415,
    title: "Send JSON as application/json, data files as text/csv or application/vnd.apache.parquet, not compressed.",
  },
  PRECONDITION_MISSING: {
    status: 428,
    title: "Send `If-Match` with the ETag of what was read, so that nobody's later change is lost.",
  },
  REQUEST_MALFORMED: {
    status: 400,
    title:
      "What was sent is no HTTP/1.1 request with one Host and one length; the connection is closed. Use an HTTP client as it is.",
  },
  REQUEST_HEADERS_TOO_LARGE: {
    status: 431,
    title: "The request's address and headers are longer than 16 KiB. Send fewer or shorter ones.",
  },
  REQUEST_TIMEOUT: { status: 408, title: "The request did not arrive whole within its time; send it again." },
  REQUEST_EXPECTATION: { status: 417, title: "The only expectation met is `Expect: 100-continue`. Leave the header out." },
  REQUEST_EXPOSED: {
    status: 403,
    title:
      "The request came unprotected, or around the proxies the platform knows (setting server.trustedProxies). Use the platform's https address; what it carried may have been read on the way.",
  },
  METHOD_NOT_ALLOWED: {
    status: 405,
    title: "This address does not know the method; `Allow` lists those it knows. Use one of those.",
  },
  REQUEST_ORIGIN: {
    status: 403,
    title:
      "A browser's session is for pages of the platform itself (setting identity.webOrigin); others send tokens in headers. Send `Authorization: Bearer …`, or open the platform's own page.",
  },
  REQUEST_LIMIT: {
    status: 429,
    title:
      "Too many requests of this class; `Retry-After` says when the next is taken, `RateLimit` of each answer what is left. Wait until then.",
  },
  REQUEST_TUS_VERSION: { status: 412, title: "Uploads speak tus 1.0.0; send the header in `more`." },
  IDEMPOTENCY_KEY_INVALID: {
    status: 400,
    title: "Send an Idempotency-Key of 1 to 128 visible ASCII characters, best a new UUID for each request, or none.",
  },
  IDEMPOTENCY_NOT_HERE: {
    status: 400,
    title:
      "This route takes no Idempotency-Key: it streams, or opens a session. Send it without the key. Send such a key, or none.",
  },
  IDEMPOTENCY_KEY_REUSED: {
    status: 422,
    title: "This Idempotency-Key was sent with another request before; a new request has a new key. Send a new one.",
  },
  IDEMPOTENCY_IN_FLIGHT: {
    status: 409,
    title: "The request sent first with this Idempotency-Key is still under way; ask again in a moment.",
  },
  IDEMPOTENCY_ANSWER_LOST: {
    status: 409,
    title:
      "The request sent first with this key did its work and was cut off before its answer. Look at `more.object`; do not send it again.",
  },
  IDEMPOTENCY_ANSWER_NOT_KEPT: {
    status: 409,
    title:
      "The request sent first with this key was carried out; its answer held a secret and is not kept. Look at `more.object`, or ask for a new one.",
  },
  NOT_FOUND: { status: 404, title: "There is nothing here. Look at the path and the id; /openapi.json lists the routes." },
  UNAVAILABLE: { status: 503, title: "The store does not answer; try again in a moment. Nothing was half done." },
  POLICY_NOT_LOADED: {
    status: 503,
    title: "This gateway does not have the active access policy and answers nothing until it has; ask another one.",
  },
  POLICY_UNEXPLAINED: {
    status: 503,
    title:
      "The active access policy is one that no approved change explains; nothing is answered until its administrators have put that right.",
  },
  CLOCK_OFF: {
    status: 503,
    title:
      "This gateway's clock and the store's differ by more than a second, and it answers nothing until they agree; ask another one.",
  },
  GATEWAY_DRAINING: {
    status: 503,
    title:
      "This gateway is about to stop and begins nothing new; send the request again, to another one or in a moment. Nothing was done.",
  },
  DISK_LOW: {
    status: 507,
    title:
      "The platform is short of disk space and begins nothing that takes some; nothing was done. Try again when its administrator made room.",
  },
  INTERNAL: { status: 500, title: "Something broke here; the request's id finds it in the platform's log." },

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

  CATALOG_TEXT_INVALID: {
    status: 422,
    title: "The text is empty, too long, or holds invisible characters. Write a plain text of visible characters.",
  },
  CATALOG_NAME_INVALID: {
    status: 422,
    title: "The name is no plain SQL name. Use letters, digits and underscores, a letter first.",
  },
  CATALOG_NAME_RESERVED: { status: 422, title: "The name belongs to the platform or the engine. Choose another." },
  CATALOG_FAMILY_NOT_FOUND: { status: 404, title: "There is no such resource family. Look the id up: GET /v1/families." },
  CATALOG_FAMILY_EXISTS: {
    status: 409,
    title: "A resource family of this title exists; take that one (GET /v1/families), or another title.",
  },
  CATALOG_SOURCE_UNIT_REQUIRED: {
    status: 403,
    title: "Resources are declared by a source unit (数源单位). Ask the source unit that answers for the data.",
    article: "7",
  },
  CATALOG_NOT_OWN_SOURCE_UNIT: {
    status: 404,
    title: "There is no such resource of this source unit. Look the id up: GET /v1/resources.",
  },
  CATALOG_RESOURCE_NOT_FOUND: { status: 404, title: "There is no such resource. Look the id up: GET /v1/resources." },
  CATALOG_RESOURCE_EXISTS: {
    status: 409,
    title: "The family has a resource of this name; hand in a new version of that one, or choose another name.",
  },
  CATALOG_GRADE_UNKNOWN: {
    status: 422,
    title: "The grade is not one of GB/T 43697's as named here. Choose one that `more` lists.",
    article: "10",
  },
  CATALOG_GRADE_TOO_LOW: {
    status: 422,
    title: "A table is graded at least as its highest column (就高从严). Raise the table's grade, or leave the column out.",
    article: "10",
  },
  CATALOG_COLUMN_COUNT: {
    status: 422,
    title: "The table has too many columns. Leave some out, or split it into two tables of one family.",
  },
  CATALOG_COLUMN_DUPLICATE: { status: 422, title: "Two columns have one name. Rename one of them." },
  CATALOG_COLUMN_TYPE_UNKNOWN: {
    status: 422,
    title: "The column's type is not one of the accepted. Choose one that `more` lists.",
  },
  CATALOG_COLUMN_ROLE_UNKNOWN: {
    status: 422,
    title: "The column's role is not one of the accepted. Choose identifier, quasi-identifier, attribute, measure or free-text.",
  },
  CATALOG_COLUMN_ROLE_MISMATCH: {
    status: 422,
    title:
      "Role and type of the column do not go together. Choose a number's type for a measure, a text's for free text, or another role.",
  },
  CATALOG_KEY_INVALID: {
    status: 422,
    title:
      "A key is a set of declared columns of a public table. Name columns that the table declares, each once, or leave the key out.",
  },
  CATALOG_COLUMN_GRID_INVALID: { status: 422, title: "A grid is a number above 0 on a measure. Set it there, or leave it out." },
  CATALOG_COLUMN_CONTROLS_INVALID: {
    status: 422,
    title:
      "What conditions may ask of a column does not fit its role and type. Leave the control out, or choose one that goes with them.",
  },
  CATALOG_SUBJECT_MISSING: {
    status: 422,
    title: "A protected table says whose rows it holds. Name a subject: its kind and its key column.",
  },
  CATALOG_SUBJECT_ON_PUBLIC: { status: 422, title: "A public table has no subjects. Leave them out, or raise the grade." },
  CATALOG_SUBJECT_COLUMN_INVALID: {
    status: 422,
    title: "A subject's key is a declared identifier column of a plain type. Declare that column with the role identifier.",
  },
  CATALOG_SUBJECT_DUPLICATE: {
    status: 422,
    title: "A column is the key of one subject only. Leave one of them out, or name another column.",
  },
  CATALOG_FORMAT_UNKNOWN: {
    status: 415,
    title: "Data files are handed in as text/csv or application/vnd.apache.parquet. Send one of them as Content-Type.",
  },
  CATALOG_CHARSET_UNKNOWN: {
    status: 415,
    title:
      "A CSV file is UTF-8 or GB18030 (GBK, GB 2312), and says so once. Send `text/csv; charset=utf-8` or `charset=gb18030`.",
  },
  CATALOG_EXPECTED_VERSION_MISSING: {
    status: 428,
    title: 'Name the version to append to: `If-Match: "rev_…"`, the resource\'s newest.',
  },
  CATALOG_VERSION_CHANGED: {
    status: 412,
    title: "The version named is not the resource's newest; nothing was kept. Read the resource, then decide again.",
  },
  CATALOG_APPENDED_TOO_OFTEN: {
    status: 409,
    title: "The version is made of too many appended ones; hand the whole table in again with mode=replace.",
  },
  CATALOG_UPLOAD_NOT_FOUND: {
    status: 404,
    title: "There is no such upload of this account. Look at the address that its creation gave, or begin another.",
  },
  CATALOG_UPLOAD_EXPIRED: { status: 410, title: "The upload has expired and its bytes are gone; begin another." },
  CATALOG_UPLOAD_LOADED: {
    status: 410,
    title: "The upload was finished; `more` names the version that came of it. Begin another upload for another file.",
  },
  CATALOG_UPLOAD_OFFSET: { status: 409, title: "The upload stands elsewhere; ask where (HEAD), and go on from there." },
  CATALOG_UPLOAD_TOO_LONG: {
    status: 413,
    title:
      "More bytes were sent than the upload was announced with; what is too much was not kept. Begin another upload with the right length.",
  },
  CATALOG_UPLOAD_CHECKSUM: {
    status: 460,
    title: "The bytes do not have the checksum sent with them; none of them was kept. Send them again.",
  },
  CATALOG_UPLOAD_INCOMPLETE: { status: 409, title: "Bytes of the upload are missing; send the rest first." },
  CATALOG_UPLOAD_HASH: {
    status: 422,
    title: "The file received does not have that SHA-256; no version was made of it. Remove the upload and send the file again.",
  },
  CATALOG_UPLOADS_TOO_MANY: { status: 429, title: "The source unit has too many uploads under way; finish or remove some." },
  CATALOG_BUSY: { status: 429, title: "Too many files are being read at one time; send this one when another has ended." },
  CATALOG_LOAD_CONFLICT: {
    status: 409,
    title: "Another load of this resource was first; nothing was kept, send the file again.",
  },

  CATALOG_FILE_ENCODING: {
    status: 422,
    title:
      "The file is not text of the charset it is declared in; nothing was kept. Save it in that charset, or declare the one it has.",
  },
  CATALOG_FILE_HEADER: {
    status: 422,
    title:
      "The file's columns are not the declared ones; nothing was kept. Write the declared names, in their order, into the first line.",
  },
  CATALOG_FILE_ROW: { status: 422, title: "A row is not well formed; nothing was kept. Correct the lines that `more` names." },
  CATALOG_FILE_VALUE: {
    status: 422,
    title: "A value does not have its column's type; nothing was kept. Correct the lines that `more` names.",
  },
  CATALOG_FILE_NULL: {
    status: 422,
    title: "A value is missing where none may be; nothing was kept. Correct the lines that `more` names.",
  },
  CATALOG_FILE_NOT_UNIQUE: {
    status: 422,
    title:
      "A key that is declared unique stands twice; nothing was kept. Remove the second row, or declare the key as not unique.",
  },
  CATALOG_FILE_LIMIT: {
    status: 413,
    title: "The file passes a limit; nothing was kept. Split the file, or shorten what `more` names.",
  },
  CATALOG_FILE_TIMEOUT: {
    status: 408,
    title: "The file took too long; nothing was kept. Send it again, in parts or as a resumable upload.",
  },
  CATALOG_FILE_UNREADABLE: {
    status: 422,
    title:
      "The file could not be read; nothing was kept. Look whether it is whole and of the declared format, then send it again.",
  },
  CATALOG_FILE_INCOMPLETE: { status: 400, title: "The upload broke off; nothing was kept. Send it again." },
  CATALOG_DISK_LOW: {
    status: 507,
    title:
      "The platform is short of disk space and stopped taking this file. A resumable upload keeps what came (HEAD tells how much): go on when its administrator made room. Any other file is sent again then.",
  },
  CATALOG_DISK_FULL: {
    status: 507,
    title: "The platform's disk is full; nothing was kept. Try again when its administrator made room.",
  },

  AGREEMENT_NOT_FOUND: { status: 404, title: "There is no such agreement; GET /v1/agreements lists those the caller may see." },
  AGREEMENT_PARTY_INVALID: {
    status: 422,
    title: "A party is not an organisation of the right kind. Name an implementing agency and an operator.",
    article: "16",
  },
  AGREEMENT_TEXT_INVALID: { status: 422, title: "Scenario, purpose and reason are plain texts, not empty. Write them out." },
  AGREEMENT_DAY_INVALID: { status: 422, title: "The term's days are civil days. Write them as 2026-01-31." },
  AGREEMENT_TERM_EMPTY: { status: 422, title: "The term ends after it starts. Choose a later last day." },
  AGREEMENT_TERM_TOO_LONG: {
    status: 422,
    title: "The term is at most three years. Choose an earlier last day; a new agreement may follow.",
    article: "17",
  },
  AGREEMENT_RESOURCE_UNKNOWN: {
    status: 422,
    title: "There is no such resource to authorise. Look the id up: GET /v1/resources.",
  },
  AGREEMENT_RESOURCE_CORE: {
    status: 422,
    title: "Core data (核心数据) are never authorised. Leave the resource out.",
    article: "11",
  },
  AGREEMENT_TABLE_NAME: {
    status: 422,
    title: "Each table in scope has a plain SQL name of its own. Choose another, of letters, digits and underscores.",
  },
  AGREEMENT_COLUMN_UNKNOWN: {
    status: 422,
    title: "There is no such column in that resource. Look the name up: GET /v1/resources.",
  },
  AGREEMENT_COLUMN_FREE_TEXT: { status: 422, title: "Free text is never in scope. Leave the column out.", article: "19" },
  AGREEMENT_COLUMN_CONTROLS: {
    status: 422,
    title: "An agreement lets no more be asked of a column than the catalogue does. Leave the control out, or tighten it.",
  },
  AGREEMENT_OWNER_KEY_MISSING: {
    status: 422,
    title: "The scope of a protected table includes its owners' keys; they become surrogates. Add them to the columns in scope.",
  },
  AGREEMENT_ROW_FILTER: {
    status: 422,
    title: "A row filter does not fit its column. Write a value of the column's type, and a comparison that it takes.",
  },
  AGREEMENT_RULES_TOO_LOOSE: {
    status: 422,
    title:
      "An agreement's release rules are as strict as the platform's floor, or stricter. Raise what `more` names, or leave it out.",
    article: "24",
  },
  AGREEMENT_MODE_NOT_OFFERED: {
    status: 422,
    title: "The platform does not offer this release mode yet. Choose one that is offered.",
  },
  AGREEMENT_NOT_IN_THAT_STATE: {
    status: 409,
    title: "The agreement is not in a state that allows this. Read it: its `state` says what may follow.",
  },
  AGREEMENT_NOT_AUTHOR: { status: 403, title: "A draft is replaced by its author; ask the author, or draft another." },
  AGREEMENT_CHANGED: {
    status: 412,
    title: "The agreement is not what If-Match names any more. Read it, then decide again.",
  },
  AGREEMENT_VERSION_UNNAMED: {
    status: 428,
    title: "Name what was read: `If-Match` with the agreement's ETag. A draft that was replaced is not approved unseen.",
  },
  AGREEMENT_OWN_DRAFT: {
    status: 403,
    title: "This step is for another person of the agency than the author. Ask a colleague.",
    article: "16",
  },
  AGREEMENT_SCENARIO_TAKEN: {
    status: 409,
    title: "The scenario has an agreement in force: one scenario, one agreement. Use that one, or end it first.",
    article: "15",
  },
  AGREEMENT_ALREADY_OVER: { status: 409, title: "The agreement's term is over. Draft a new one.", article: "18" },

  JOB_NOT_FOUND: { status: 404, title: "There is no such job; GET /v1/jobs lists those the caller may see." },
  JOB_AGREEMENT_NOT_IN_FORCE: {
    status: 403,
    title:
      "There is no such agreement in force now for this caller. Look the id up (GET /v1/agreements), or ask the implementing agency.",
    article: "18",
  },
  JOB_SQL_TOO_LONG: {
    status: 413,
    title: "The statement is too long (setting enclave.sqlBytes); make it shorter, or two of it. Shorten it, or split it.",
  },
  JOB_PARAMETERS_INVALID: {
    status: 422,
    title: "A parameter is not what its type says; `more` names it. Correct its value or its type.",
  },
  JOB_PURPOSE_MISMATCH: {
    status: 403,
    title: "A job serves the agreement's purpose and no other. Send the agreement's own purpose, or none.",
    article: "19",
  },
  JOB_STATEMENT_MISSING: {
    status: 422,
    title: "Send either `sql`, or `query` (and perhaps its `version`) of a saved statement.",
  },
  JOB_LABELS_INVALID: {
    status: 422,
    title: "A job has up to 16 labels, each a plain text of up to 50 characters. Leave some out, or shorten them.",
  },
  JOB_DAY_INVALID: {
    status: 422,
    title:
      "`from` and `to` are civil days of Asia/Shanghai since 1992; `to` is the first day left out. Write them as 2026-01-31.",
  },
  JOB_QUOTA_SPENT: {
    status: 429,
    title: "The operator's quota of this day is spent; a new day begins at midnight, Asia/Shanghai. Wait for that.",
  },
  JOB_EXPLAIN_BUSY: { status: 429, title: "Statements of this operator are being explained; wait for them." },
  SAVED_QUERY_NOT_FOUND: {
    status: 404,
    title: "There is no such saved statement, or no such version. Look the id up: GET /v1/agreements/{id}/queries.",
  },
  SAVED_QUERY_TITLE_INVALID: {
    status: 422,
    title: "A saved statement has a title: a plain text of up to 200 characters. Write such a text.",
  },
  SAVED_QUERY_TOO_MANY: {
    status: 409,
    title: "The operator has too many saved statements under this agreement. Use one of those, under a new version.",
  },
  SAVED_QUERY_CHANGED: { status: 409, title: "Another version was saved at the same moment; look, and save again." },
  JOB_STREAMS_FULL: { status: 429, title: "This account listens to too many jobs at once; close a stream, or ask for the job." },
  JOB_QUEUE_FULL: { status: 429, title: "The operator has too many jobs waiting; wait for some to end." },
  JOB_ALREADY_FINISHED: {
    status: 409,
    title: "The job has ended; there is nothing left to stop. GET /v1/jobs/{id} says how it ended.",
  },
  JOB_RESULT_NOT_READY: {
    status: 409,
    title: "The job has no result to work with; wait until its `state` is done, or read its `answer`.",
  },
  JOB_PROVISION_IMPOSSIBLE: {
    status: 409,
    title: "A resource in scope has no data yet; its source unit hands some in first. Ask that unit.",
  },
  JOB_ISOLATION_TOO_WEAK: { status: 503, title: "The machine cannot wall the enclave in as demanded." },

  RESULT_NOT_CHECKED: { status: 500, title: "The result did not stand up to its checks and is not shown." },
  RESULT_EXPIRED: { status: 410, title: "The result was kept for its time and is deleted; submit the statement again." },
  RESULT_NOT_FOUND: { status: 404, title: "There is no such result. Look the job up: GET /v1/jobs." },
  EXPORT_NOT_FOUND: { status: 404, title: "There is no such export; GET /v1/exports lists those the caller may see." },
  EXPORT_AGREEMENT_NOT_IN_FORCE: {
    status: 403,
    title: "The agreement is not in force; with its end all use ends. Ask the implementing agency for a new one.",
    article: "36",
  },
  EXPORT_RERUN_FAILED: { status: 409, title: "The second run gave no result to compare; submit the statement again." },
  EXPORT_TEXT_INVALID: { status: 422, title: "Purpose and product name are plain texts, not empty. Write them out." },
  EXPORT_NOT_IN_THAT_STATE: {
    status: 409,
    title: "The export is not in a state that allows this. Read it: its `state` says what may follow.",
  },
  EXPORT_REVIEWER_EXCLUDED: {
    status: 403,
    title: "This step is for the agency's people, never for the author or the operator. Ask a colleague of the agency.",
    article: "24",
  },
  EXPORT_ALREADY_VOTED: {
    status: 409,
    title:
      "This reviewer has voted, and a vote stands; the other reviewers' are waited for. Read the export to see where it stands.",
  },
  EXPORT_REASON_MISSING: {
    status: 422,
    title: "A rejection, and an approval against the machine, gives its reason (10 characters at least). Write it out.",
  },
  EXPORT_GRANT_INVALID: {
    status: 403,
    title:
      "The grant is not valid: wrong, used, expired, another account's, or withdrawn. Ask for a new one: POST /v1/exports/{id}/downloads.",
  },

  AUDIT_NOT_FOUND: { status: 404, title: "No event names this id; look whether it is whole." },
  AUDIT_TIME_MALFORMED: { status: 400, title: "Times are RFC 3339, such as 2026-03-02T08:00:00Z. Write them so." },
  AUDIT_LOG_NOT_SIGNING: {
    status: 503,
    title:
      "The log signs nothing: the store does not go with the last published checkpoint. The platform's administrators know more.",
  },
  AUDIT_ORIGIN_NOT_NEEDED: {
    status: 409,
    title:
      "The log signs, or is damaged in a way that a new origin would only hide. Ask the platform's administrators to look for the damage.",
  },
  AUDIT_ORIGIN_PROPOSED: {
    status: 409,
    title: "A new origin is proposed already; it waits for another administrator. Ask that administrator.",
  },
  AUDIT_ORIGIN_NOT_FOUND: {
    status: 404,
    title: "There is no such proposal of a new origin that waits for approval. Look whether it was approved: the log signs then.",
  },
  AUDIT_ORIGIN_OWN: {
    status: 403,
    title: "A new origin is approved by another person than proposed it. Ask another administrator.",
  },

  POLICY_INVALID: {
    status: 422,
    title:
      "No access policy may say so; `more` tells the first problem, its line, and the lines of the others (三员分立). Correct them.",
  },
  POLICY_UNCHANGED: { status: 409, title: "The active policy says the same. Leave it, or change a line first." },
  POLICY_REASON_INVALID: {
    status: 422,
    title: "A proposal and a rejection give a reason, a plain text that is not empty. Write one.",
  },
  POLICY_PROPOSAL_OPEN: {
    status: 409,
    title: "A proposal is open; it is confirmed, rejected or withdrawn first. Look it up: GET /v1/policy/proposals.",
  },
  POLICY_PROPOSAL_NOT_FOUND: { status: 404, title: "There is no such proposal; GET /v1/policy/proposals lists them." },
  POLICY_PROPOSAL_OWN: {
    status: 403,
    title: "Another person of the audit administration confirms; nobody confirms their own. Ask one of them.",
  },
  POLICY_PROPOSAL_CHANGED: { status: 409, title: "The hash is not of this proposal's text; read it again." },
  POLICY_PROPOSAL_DECIDED: {
    status: 409,
    title: "The proposal has been decided, or another policy has become active since. Read the active policy, then propose anew.",
  },
};
