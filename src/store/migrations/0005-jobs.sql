-- Jobs for daily use: parameters, labels, priorities, quotas, saved statements, and results that end.

-- A saved statement of an agreement; its texts are versions, each one row for ever.
CREATE TABLE saved_query (
  id text PRIMARY KEY,
  agreement_id text NOT NULL REFERENCES agreement,
  operator_id text NOT NULL REFERENCES organisation,
  author_id text NOT NULL REFERENCES account,
  title text NOT NULL,
  visibility text NOT NULL CHECK (visibility IN ('author', 'operator')),
  newest integer NOT NULL,
  created_at timestamptz NOT NULL
);
CREATE INDEX saved_query_by_agreement ON saved_query (agreement_id, id);

CREATE TABLE saved_query_version (
  query_id text NOT NULL REFERENCES saved_query,
  number integer NOT NULL,
  -- The text under the agreement's record key; events hold only its salted hash.
  sql_sealed bytea NOT NULL,
  sql_hash text NOT NULL,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (query_id, number)
);
CREATE TRIGGER saved_query_version_immutable BEFORE UPDATE OR DELETE OR TRUNCATE ON saved_query_version
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

ALTER TABLE job
  ADD COLUMN parameters_sealed bytea,
  ADD COLUMN query_id text,
  ADD COLUMN query_version integer,
  ADD COLUMN labels text[] NOT NULL DEFAULT '{}',
  ADD COLUMN priority smallint NOT NULL DEFAULT 1 CHECK (priority BETWEEN 0 AND 2),
  -- Which of its operator's places a running job holds.
  ADD COLUMN slot smallint,
  ADD CONSTRAINT job_saved_query FOREIGN KEY (query_id, query_version) REFERENCES saved_query_version (query_id, number);
-- Two gateways that claim at one moment cannot give an operator one place twice.
CREATE UNIQUE INDEX job_slot ON job (operator_id, slot) WHERE state = 'running';
-- Lists page by id, which sorts by time of submission.
CREATE INDEX job_of_operator ON job (operator_id, id);
CREATE INDEX job_of_agreement ON job (agreement_id, id);
CREATE INDEX job_by_label ON job USING gin (labels);
-- Who was served last, for fairness between operators.
CREATE INDEX job_last_started ON job (operator_id, started_at) WHERE started_at IS NOT NULL;

-- What an operator has used of its day (a civil day of Asia/Shanghai).
CREATE TABLE daily_use (
  operator_id text NOT NULL REFERENCES organisation,
  day text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('job', 'explain')),
  used integer NOT NULL,
  PRIMARY KEY (operator_id, day, kind)
);

-- An expired result keeps its metadata and hashes; rows and evidence are gone.
ALTER TABLE result
  ALTER COLUMN content_sealed DROP NOT NULL,
  ALTER COLUMN evidence_sealed DROP NOT NULL,
  ADD COLUMN expired_at timestamptz,
  -- The newest request to export it: racing with the sweep, one of the two meets the other's row.
  ADD COLUMN held_at timestamptz,
  ADD CONSTRAINT result_whole_or_expired
    CHECK (expired_at IS NOT NULL OR (content_sealed IS NOT NULL AND evidence_sealed IS NOT NULL));
CREATE INDEX result_by_age ON result (created_at) WHERE expired_at IS NULL;

GRANT SELECT, INSERT, UPDATE ON saved_query, daily_use TO hanguang_service;
GRANT SELECT, INSERT ON saved_query_version TO hanguang_service;
