import type { ColumnType, Generated } from "kysely";
import type { At, Json, Maybe, MaybeAt, MaybeText } from "./columns.ts";

export type OrganisationKind = "source-unit" | "agency" | "operator" | "authority" | "regulator" | "platform";

interface OrganisationTable {
  id: string;
  kind: OrganisationKind;
  name: string;
  uscc: string | null;
  created_at: At;
}

export type AccountOrigin = "local" | "issuer" | "service";

interface AccountTable {
  id: string;
  login: string;
  name: string;
  organisation_id: string;
  /** Local accounts have one, others none. */
  password_hash: string | null;
  /** Made here with a password, by a configured issuer's token, or for a service key. */
  origin: Generated<AccountOrigin>;
  state: "active" | "disabled";
  failed_logins: Generated<number>;
  locked_until: MaybeAt;
  role_revision: Generated<number>;
  password_change_needed: Generated<boolean>;
  factor_revision: Generated<number>;
  created_at: At;
}

interface AccountRoleTable {
  account_id: string;
  role: string;
}

interface SessionTable {
  id: string;
  account_id: string;
  refresh_hash: Buffer;
  previous_hash: Buffer | null;
  family_hash: Maybe<Buffer>;
  rotated_at: MaybeAt;
  successor_sealed: Maybe<Buffer>;
  created_at: At;
  expires_at: At;
  revoked_at: MaybeAt;
  second_factor: MaybeText<SecondFactor>;
  factor_at: MaybeAt;
  last_seen_at: MaybeAt;
  user_agent: MaybeText;
  browser: Generated<boolean>;
}

/** What was shown besides the first factor. */
export type SecondFactor = "totp" | "webauthn" | "recovery-code";

interface FactorTable {
  id: string;
  account_id: string;
  session_id: string;
  kind: "totp" | "webauthn";
  label: string;
  secret_sealed: ColumnType<Buffer | null, Buffer | null | undefined, Buffer | null>;
  last_step: ColumnType<string | null, number | undefined, number>;
  challenge: MaybeText;
  credential_id: MaybeText;
  public_key: ColumnType<Buffer | null, Buffer | null | undefined, Buffer | null>;
  transports: ColumnType<readonly string[] | null, string | undefined, string>;
  counter: ColumnType<string | null, number | undefined, number>;
  created_at: At;
  expires_at: At;
  confirmed_at: MaybeAt;
  last_used_at: MaybeAt;
  removed_at: MaybeAt;
}

interface RecoveryCodeTable {
  account_id: string;
  code_hash: Buffer;
  created_at: At;
  used_at: MaybeAt;
  void_at: MaybeAt;
}

interface FactorTicketTable {
  token_hash: Buffer;
  account_id: string;
  session_id: string | null;
  challenge: string;
  created_at: At;
  expires_at: At;
  used_at: MaybeAt;
}

interface AccountSubjectTable {
  issuer: string;
  subject: string;
  account_id: string;
  groups: Json<readonly string[]>;
  token_issued_at: At;
}

interface SessionIssuerTable {
  session_id: string;
  issuer: string;
  state_hash: Buffer;
}

interface ServiceKeyTable {
  id: string;
  account_id: string;
  organisation_id: string;
  maker_id: string;
  name: string;
  secret_hash: Buffer;
  scopes: Json<readonly string[]>;
  created_at: At;
  expires_at: At;
  last_used_at: MaybeAt;
  revoked_at: MaybeAt;
}

export interface IdentityTables {
  organisation: OrganisationTable;
  account: AccountTable;
  account_role: AccountRoleTable;
  session: SessionTable;
  factor: FactorTable;
  recovery_code: RecoveryCodeTable;
  factor_ticket: FactorTicketTable;
  account_subject: AccountSubjectTable;
  session_issuer: SessionIssuerTable;
  service_key: ServiceKeyTable;
}
