-- Who serves: one row a process. `ended_at` is a fence: a gateway that the others declared lost can commit nothing
-- that names files it staged, whatever it still believes.
CREATE TABLE gateway (
  id text PRIMARY KEY,
  -- Host and process, for people.
  name text NOT NULL,
  started_at timestamptz NOT NULL,
  -- Signs of life: the others watch whether the count moves, so that nobody's clock enters.
  beats bigint NOT NULL DEFAULT 0,
  seen_at timestamptz NOT NULL,
  ended_at timestamptz
);
CREATE INDEX gateway_alive ON gateway (id) WHERE ended_at IS NULL;

-- The folder that belongs to this database: keys, files and checkpoint of another would not fit its rows.
CREATE TABLE data_folder (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  id text NOT NULL,
  adopted_at timestamptz NOT NULL
);

GRANT SELECT, INSERT, UPDATE ON gateway TO hanguang_service;
GRANT SELECT, INSERT ON data_folder TO hanguang_service;
