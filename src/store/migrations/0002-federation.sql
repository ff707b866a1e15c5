-- Who is let in by something else than a password of ours: people of configured issuers (OIDC), an operator's machines.
ALTER TABLE account ALTER COLUMN password_hash DROP NOT NULL;
ALTER TABLE account ADD COLUMN origin text NOT NULL DEFAULT 'local' CHECK (origin IN ('local', 'issuer', 'service'));
ALTER TABLE account ADD CONSTRAINT account_password_is_local CHECK (origin = 'local' OR password_hash IS NULL);

-- Whom an issuer means by a subject. Two issuers may use one subject for two people.
CREATE TABLE account_subject (
  -- The issuer's URL as its tokens say it, not its short name in the settings, which can be given to another one.
  issuer text NOT NULL,
  subject text NOT NULL,
  account_id text NOT NULL UNIQUE REFERENCES account,
  -- The groups that counted in the newest token seen: organisation and roles follow from them and from the settings.
  groups jsonb NOT NULL,
  -- An older token that comes later does not bring back what a newer one took away.
  token_issued_at timestamptz NOT NULL,
  PRIMARY KEY (issuer, subject)
);

-- Which sign-in at an issuer opened a session: each opens one, however often it comes back.
CREATE TABLE session_issuer (
  session_id text PRIMARY KEY REFERENCES session,
  issuer text NOT NULL,
  state_hash bytea NOT NULL UNIQUE
);

-- Secrets of an operator's machines. Each has an account of its own, so that what it does is told apart from its maker's doing.
CREATE TABLE service_key (
  id text PRIMARY KEY,
  account_id text NOT NULL UNIQUE REFERENCES account,
  organisation_id text NOT NULL REFERENCES organisation,
  maker_id text NOT NULL REFERENCES account,
  name text NOT NULL,
  secret_hash bytea NOT NULL UNIQUE,
  scopes jsonb NOT NULL,
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  -- To the hour.
  last_used_at timestamptz,
  revoked_at timestamptz
);
CREATE INDEX service_key_by_organisation ON service_key (organisation_id, id);

GRANT SELECT, INSERT ON account_subject, session_issuer, service_key TO hanguang_service;
GRANT UPDATE (groups, token_issued_at) ON account_subject TO hanguang_service;
-- Nothing lengthens or widens a key that was made.
GRANT UPDATE (last_used_at, revoked_at) ON service_key TO hanguang_service;
