-- Versions as sets of parts: an appended version is its own files behind those of the one it names.
ALTER TABLE resource_version ADD COLUMN appended_to text;
ALTER TABLE resource_version ADD UNIQUE (resource_id, id);
-- Of the same resource, whatever a bug may say.
ALTER TABLE resource_version
  ADD CONSTRAINT resource_version_appended_to FOREIGN KEY (resource_id, appended_to) REFERENCES resource_version (resource_id, id);

-- Resumable uploads: a file on its way, sealed piece by piece under a key of its own.
CREATE TABLE upload (
  id text PRIMARY KEY,
  resource_id text NOT NULL REFERENCES resource,
  account_id text NOT NULL REFERENCES account,
  content_type text NOT NULL,
  mode text NOT NULL CHECK (mode IN ('replace', 'append')),
  -- The version that must be the newest when this one is stored.
  expected text,
  length bigint NOT NULL CHECK (length > 0),
  received bigint NOT NULL DEFAULT 0 CHECK (received BETWEEN 0 AND length),
  state text NOT NULL CHECK (state IN ('open', 'loaded', 'expired', 'removed')),
  -- Null once the upload has ended: whatever is left of its pieces opens no more.
  key_sealed bytea,
  version_id text REFERENCES resource_version,
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  CHECK ((state = 'open') = (key_sealed IS NOT NULL)),
  CHECK ((state = 'loaded') = (version_id IS NOT NULL))
);
CREATE INDEX upload_open ON upload (expires_at) WHERE state = 'open';

-- Which bytes lie in which file; two writers at one offset cannot both have it.
CREATE TABLE upload_piece (
  upload_id text NOT NULL REFERENCES upload,
  start bigint NOT NULL CHECK (start >= 0),
  length bigint NOT NULL CHECK (length > 0),
  file text NOT NULL UNIQUE,
  PRIMARY KEY (upload_id, start)
);

-- An upload is a place where data lie, too. Its hash is empty: nobody knows it before the end.
ALTER TABLE copy DROP CONSTRAINT copy_kind_check;
ALTER TABLE copy ADD CONSTRAINT copy_kind_check CHECK (kind IN ('vault', 'provision', 'package', 'upload'));

GRANT SELECT, INSERT, UPDATE ON upload TO hanguang_service;
GRANT SELECT, INSERT ON upload_piece TO hanguang_service;
