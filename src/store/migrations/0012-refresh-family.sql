-- Hash of what all refresh tokens of a session share: any of them but the newest, however old, is seen to
-- have been copied. Null in sessions from before, until they refresh.
ALTER TABLE session ADD COLUMN family_hash bytea;
CREATE UNIQUE INDEX session_by_family ON session (family_hash);
-- When the newest token replaced the one before, and the newest, sealed under the one before: two tabs of a
-- browser that refresh at one moment get the same token. Without the one before nobody opens it.
ALTER TABLE session ADD COLUMN rotated_at timestamptz;
ALTER TABLE session ADD COLUMN successor_sealed bytea;
