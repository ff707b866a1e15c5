-- Second factors of people, what a session has shown of them, and what is waited for in between.
-- A first password that somebody else chose is known to two people.
ALTER TABLE account ADD COLUMN password_change_needed boolean NOT NULL DEFAULT false;
-- Raised by each change of factors: of two removals at one moment one would else leave none.
ALTER TABLE account ADD COLUMN factor_revision integer NOT NULL DEFAULT 0;

-- Null, as in sessions from before: only the first factor was shown.
ALTER TABLE session ADD COLUMN second_factor text CHECK (second_factor IN ('totp', 'webauthn', 'recovery-code'));
-- When the newest factor was shown in this session; null: never asked, hence not lately.
ALTER TABLE session ADD COLUMN factor_at timestamptz;
-- Moves when the session opens, refreshes or shows a factor: as coarse as the life of an access token.
ALTER TABLE session ADD COLUMN last_seen_at timestamptz;
ALTER TABLE session ADD COLUMN user_agent text;
-- Its refresh token lives in a cookie and is taken from nowhere else.
ALTER TABLE session ADD COLUMN browser boolean NOT NULL DEFAULT false;

CREATE TABLE factor (
  id text PRIMARY KEY,
  account_id text NOT NULL REFERENCES account,
  -- The session that began the enrolment: no other completes it.
  session_id text NOT NULL REFERENCES session,
  kind text NOT NULL CHECK (kind IN ('totp', 'webauthn')),
  label text NOT NULL,
  -- TOTP: the shared secret, sealed, gone with the factor; and the newest time step that was used.
  secret_sealed bytea,
  last_step bigint,
  -- WebAuthn: the enrolment's challenge; then the credential with its signature counter.
  challenge text,
  credential_id text,
  public_key bytea,
  transports jsonb,
  counter bigint,
  created_at timestamptz NOT NULL,
  -- Of the enrolment, while it is not confirmed.
  expires_at timestamptz NOT NULL,
  confirmed_at timestamptz,
  last_used_at timestamptz,
  removed_at timestamptz
);
CREATE INDEX factor_by_account ON factor (account_id);
-- One authenticator's credential belongs to one account.
CREATE UNIQUE INDEX factor_by_credential ON factor (credential_id) WHERE removed_at IS NULL;

CREATE TABLE recovery_code (
  account_id text NOT NULL REFERENCES account,
  code_hash bytea NOT NULL,
  created_at timestamptz NOT NULL,
  used_at timestamptz,
  -- A newer set, or the loss of all factors, makes it worthless.
  void_at timestamptz,
  PRIMARY KEY (account_id, code_hash)
);

-- Between the first factor and the second: of a login, or of a session that shows a factor again.
CREATE TABLE factor_ticket (
  token_hash bytea PRIMARY KEY,
  account_id text NOT NULL REFERENCES account,
  session_id text REFERENCES session,
  -- What an authenticator has to sign, base64url.
  challenge text NOT NULL,
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  used_at timestamptz
);

GRANT SELECT, INSERT ON factor, recovery_code, factor_ticket TO hanguang_service;
GRANT UPDATE (secret_sealed, last_step, credential_id, public_key, transports, counter, confirmed_at, last_used_at, removed_at)
  ON factor TO hanguang_service;
GRANT UPDATE (used_at, void_at) ON recovery_code TO hanguang_service;
GRANT UPDATE (used_at) ON factor_ticket TO hanguang_service;
