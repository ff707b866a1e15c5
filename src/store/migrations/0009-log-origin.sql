-- A restored store goes on under a new origin of the log, which two administrators approve (design §9).
CREATE TABLE log_origin (
  id text PRIMARY KEY,
  -- The first origin is a setting and has no row.
  number integer NOT NULL UNIQUE CHECK (number >= 2),
  origin text NOT NULL UNIQUE,
  -- The origin that it follows.
  follows text NOT NULL,
  reason text NOT NULL,
  state text NOT NULL CHECK (state IN ('proposed', 'approved', 'begun')),
  proposed_by text NOT NULL REFERENCES account,
  approved_by text REFERENCES account,
  proposed_at timestamptz NOT NULL,
  approved_at timestamptz,
  CHECK (approved_by <> proposed_by),
  CHECK ((state = 'proposed') = (approved_by IS NULL))
);
GRANT SELECT, INSERT, UPDATE ON log_origin TO hanguang_service;
