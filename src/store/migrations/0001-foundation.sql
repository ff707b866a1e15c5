-- Organisations, people and how they get in.
CREATE TABLE organisation (
  id text PRIMARY KEY,
  kind text NOT NULL CHECK (kind IN ('source-unit', 'agency', 'operator', 'authority', 'regulator', 'platform')),
  name text NOT NULL UNIQUE,
  uscc text UNIQUE,
  created_at timestamptz NOT NULL
);
-- Two set-ups at one moment must not make two platforms, each with its administrators.
CREATE UNIQUE INDEX organisation_one_platform ON organisation (kind) WHERE kind = 'platform';

CREATE TABLE account (
  id text PRIMARY KEY,
  login text NOT NULL UNIQUE,
  name text NOT NULL,
  organisation_id text NOT NULL REFERENCES organisation,
  password_hash text NOT NULL,
  state text NOT NULL CHECK (state IN ('active', 'disabled')),
  failed_logins integer NOT NULL DEFAULT 0,
  locked_until timestamptz,
  -- Raised by each change of roles: two changes at one moment must not add up to roles held apart.
  role_revision integer NOT NULL DEFAULT 0,
  created_at timestamptz NOT NULL
);

-- Roles live here and enter the access decision as attributes; Casbin has no adapter.
CREATE TABLE account_role (
  account_id text NOT NULL REFERENCES account,
  role text NOT NULL,
  PRIMARY KEY (account_id, role)
);

CREATE TABLE session (
  id text PRIMARY KEY,
  account_id text NOT NULL REFERENCES account,
  refresh_hash bytea NOT NULL,
  -- Hash of the token the current one replaced: its use again means theft, and ends the session.
  previous_hash bytea,
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  revoked_at timestamptz
);
CREATE INDEX session_by_account ON session (account_id);
CREATE UNIQUE INDEX session_by_refresh ON session (refresh_hash);
CREATE INDEX session_by_previous ON session (previous_hash);

-- What is protected.
CREATE TABLE resource_family (
  id text PRIMARY KEY,
  title text NOT NULL UNIQUE,
  created_at timestamptz NOT NULL
);

CREATE TABLE resource (
  id text PRIMARY KEY,
  family_id text NOT NULL REFERENCES resource_family,
  source_unit_id text NOT NULL REFERENCES organisation,
  name text NOT NULL,
  title text NOT NULL,
  grade text NOT NULL,
  columns jsonb NOT NULL,
  subjects jsonb NOT NULL,
  created_at timestamptz NOT NULL,
  UNIQUE (family_id, name)
);

CREATE TABLE resource_version (
  id text PRIMARY KEY,
  resource_id text NOT NULL REFERENCES resource,
  number integer NOT NULL,
  content_hash text NOT NULL,
  row_count bigint NOT NULL,
  profile jsonb NOT NULL,
  created_by text NOT NULL REFERENCES account,
  created_at timestamptz NOT NULL,
  UNIQUE (resource_id, number)
);

-- Every place where data lie (design §2 `Copy`); destruction walks this table.
CREATE TABLE copy (
  id text PRIMARY KEY,
  kind text NOT NULL CHECK (kind IN ('vault', 'provision', 'package')),
  object_id text NOT NULL,
  location text NOT NULL UNIQUE,
  bytes bigint NOT NULL,
  sha256 text NOT NULL,
  created_at timestamptz NOT NULL,
  destroyed_at timestamptz
);
CREATE INDEX copy_by_object ON copy (object_id);

-- One scenario, one agreement in force (Art. 15).
CREATE TABLE agreement (
  id text PRIMARY KEY,
  scenario text NOT NULL,
  purpose text NOT NULL,
  operator_id text NOT NULL REFERENCES organisation,
  agency_id text NOT NULL REFERENCES organisation,
  state text NOT NULL CHECK (state IN ('draft', 'approved', 'in-force', 'ended')),
  starts_at timestamptz NOT NULL,
  ends_at timestamptz NOT NULL,
  version_id text NOT NULL,
  author_id text NOT NULL REFERENCES account,
  created_at timestamptz NOT NULL,
  ended_at timestamptz,
  end_reason text,
  CHECK (starts_at < ends_at)
);
CREATE UNIQUE INDEX agreement_one_in_force ON agreement (scenario) WHERE state = 'in-force';

CREATE TABLE agreement_version (
  id text PRIMARY KEY,
  agreement_id text NOT NULL REFERENCES agreement DEFERRABLE INITIALLY DEFERRED,
  number integer NOT NULL,
  scope jsonb NOT NULL,
  release_rules jsonb NOT NULL,
  digest text NOT NULL,
  created_at timestamptz NOT NULL,
  UNIQUE (agreement_id, number)
);

-- Agreement version × resource versions: the desensitised database the enclave opens.
CREATE TABLE provision (
  id text PRIMARY KEY,
  agreement_version_id text NOT NULL REFERENCES agreement_version,
  resource_versions jsonb NOT NULL,
  schema jsonb NOT NULL,
  copy_id text NOT NULL REFERENCES copy,
  created_at timestamptz NOT NULL
);
CREATE INDEX provision_by_version ON provision (agreement_version_id);

CREATE TABLE job (
  id text PRIMARY KEY,
  agreement_id text NOT NULL REFERENCES agreement,
  agreement_version_id text NOT NULL REFERENCES agreement_version,
  author_id text NOT NULL REFERENCES account,
  operator_id text NOT NULL REFERENCES organisation,
  purpose text NOT NULL,
  state text NOT NULL CHECK (state IN ('queued', 'running', 'done', 'refused', 'failed', 'cancelled', 'interrupted')),
  -- The statement under the agreement's record key; events hold only its salted hash.
  sql_sealed bytea NOT NULL,
  sql_hash text NOT NULL,
  provision_id text REFERENCES provision,
  plan_digest text,
  answer jsonb,
  -- Fencing: a claim raises it, and every later write of the claimant names it.
  fence bigint NOT NULL DEFAULT 0,
  claimed_by text,
  heartbeat_at timestamptz,
  cancel_requested boolean NOT NULL DEFAULT false,
  submitted_at timestamptz NOT NULL,
  started_at timestamptz,
  finished_at timestamptz
);
CREATE INDEX job_queue ON job (submitted_at) WHERE state = 'queued';
CREATE INDEX job_running ON job (heartbeat_at) WHERE state = 'running';
CREATE INDEX job_by_agreement ON job (agreement_id, submitted_at);

-- A checked result: the only thing ever shown or exported.
CREATE TABLE result (
  id text PRIMARY KEY,
  job_id text NOT NULL UNIQUE REFERENCES job,
  content_hash text NOT NULL,
  columns jsonb NOT NULL,
  row_count bigint NOT NULL,
  -- Rows and evidence as canonical JSON, sealed with the agreement's data key.
  content_sealed bytea NOT NULL,
  evidence_sealed bytea NOT NULL,
  evidence_hash text NOT NULL,
  plan_digest text NOT NULL,
  verdict text NOT NULL CHECK (verdict IN ('pass', 'review', 'block')),
  created_at timestamptz NOT NULL
);

CREATE TABLE export (
  id text PRIMARY KEY,
  result_id text NOT NULL REFERENCES result,
  job_id text NOT NULL REFERENCES job,
  agreement_id text NOT NULL REFERENCES agreement,
  operator_id text NOT NULL REFERENCES organisation,
  author_id text NOT NULL REFERENCES account,
  purpose text NOT NULL,
  product_name text NOT NULL,
  state text NOT NULL CHECK (state IN ('in-review', 'blocked', 'rejected', 'approved', 'released', 'revoked')),
  content_hash text NOT NULL,
  evidence_hash text NOT NULL,
  verdict text NOT NULL CHECK (verdict IN ('pass', 'review', 'block')),
  checks jsonb NOT NULL,
  reviewers_needed integer NOT NULL,
  -- Counted in the row itself, so that racing votes cannot both miss the other.
  approvals integer NOT NULL DEFAULT 0,
  created_at timestamptz NOT NULL,
  decided_at timestamptz
);
CREATE INDEX export_by_agreement ON export (agreement_id, created_at);

CREATE TABLE vote (
  id text PRIMARY KEY,
  export_id text NOT NULL REFERENCES export,
  reviewer_id text NOT NULL REFERENCES account,
  decision text NOT NULL CHECK (decision IN ('approve', 'reject')),
  reason text NOT NULL,
  -- Votes bind to what was reviewed.
  content_hash text NOT NULL,
  evidence_hash text NOT NULL,
  created_at timestamptz NOT NULL,
  UNIQUE (export_id, reviewer_id)
);

CREATE TABLE package (
  id text PRIMARY KEY,
  export_id text NOT NULL UNIQUE REFERENCES export,
  -- Null until the package has been assembled: its proof exists only after the release is in the log.
  copy_id text REFERENCES copy,
  release_event_id text NOT NULL,
  manifest jsonb NOT NULL,
  created_at timestamptz NOT NULL
);

CREATE TABLE download_grant (
  id text PRIMARY KEY,
  package_id text NOT NULL REFERENCES package,
  account_id text NOT NULL REFERENCES account,
  token_hash bytea NOT NULL UNIQUE,
  expires_at timestamptz NOT NULL,
  used_at timestamptz,
  created_at timestamptz NOT NULL
);

-- The audit: rows are written by the same statement as the change they record.
CREATE TABLE audit_event (
  -- Order of insertion only; gaps are normal, the log's index is audit_leaf.leaf_index.
  arrival bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  id text NOT NULL UNIQUE,
  -- The exact bytes of the leaf: canonical JSON of the envelope.
  leaf bytea NOT NULL
);

CREATE TABLE audit_leaf (
  leaf_index bigint PRIMARY KEY,
  event_id text NOT NULL UNIQUE REFERENCES audit_event (id),
  leaf_hash bytea NOT NULL
);

-- Size and compact frontier of the tree; one row, moved only by the sequencer.
CREATE TABLE audit_head (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  size bigint NOT NULL,
  frontier jsonb NOT NULL,
  root bytea NOT NULL
);
INSERT INTO audit_head (size, frontier, root)
VALUES (0, '[]', decode('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 'hex'));

-- Search index, derived from the leaves by the sequencer.
CREATE TABLE audit_mention (
  object_id text NOT NULL,
  leaf_index bigint NOT NULL REFERENCES audit_leaf,
  PRIMARY KEY (object_id, leaf_index)
);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'audit rows are append-only' USING ERRCODE = 'HG002';
END $$;
CREATE TRIGGER audit_event_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_event
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_leaf_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_leaf
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER resource_version_immutable BEFORE UPDATE OR DELETE OR TRUNCATE ON resource_version
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER agreement_version_immutable BEFORE UPDATE OR DELETE OR TRUNCATE ON agreement_version
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER vote_immutable BEFORE UPDATE OR DELETE OR TRUNCATE ON vote
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Guard of the unit of work: a change that met other rows than it expected undoes the statement.
CREATE FUNCTION expect_rows(met bigint, at_least bigint, at_most bigint) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  IF met < at_least OR met > at_most THEN
    RAISE EXCEPTION 'expected % to % rows, found %', at_least, at_most, met USING ERRCODE = 'HG001';
  END IF;
  RETURN true;
END $$;

-- The service role: reads and writes state, appends audit, alters nothing that is past.
GRANT USAGE ON SCHEMA public TO hanguang_service;
GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA public TO hanguang_service;
GRANT DELETE ON account_role TO hanguang_service;
REVOKE UPDATE ON audit_event, audit_leaf, audit_mention, resource_version, agreement_version, vote FROM hanguang_service;
-- Which migrations were applied is the owner's to say.
REVOKE INSERT, UPDATE ON migration FROM hanguang_service;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO hanguang_service;
