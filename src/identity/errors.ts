import { CodedError } from "../kernel/index.ts";

export type IdentityErrorCode =
  | "IDENTITY_CONTENTION"
  | "IDENTITY_ISSUER_SETTINGS"
  | "IDENTITY_ISSUER_UNREACHABLE"
  | "IDENTITY_CLIENT_SECRET_UNREADABLE"
  | "IDENTITY_SETUP_CODE_UNREADABLE"
  | "IDENTITY_PASSWORD_HASH_MALFORMED"
  | "IDENTITY_RELYING_PARTY_FOREIGN";

/** Identity's own breakages: a bug or a broken machine, never a caller's doing. */
export class IdentityError extends CodedError<IdentityErrorCode> {}
