-- Requests sent under an Idempotency-Key: claimed before they are carried out, marked by the very
-- statement that changes something, answered at the end. Rows live for a day (idempotency.keepMs).
CREATE TABLE idempotent_request (
  -- HMAC of account, route and key: what clients choose as a key is not kept.
  id bytea PRIMARY KEY,
  account_id text NOT NULL REFERENCES account,
  -- HMAC of what was asked: a body may hold a password or a statement, whose plain hash could be guessed.
  fingerprint bytea NOT NULL,
  -- Raised by each taking over; the change of an overtaken holder does not pass.
  fence integer NOT NULL DEFAULT 1,
  lease_until timestamptz NOT NULL,
  -- What the request changed first; written with the change.
  event_id text,
  object_id text,
  answered_at timestamptz,
  -- Null where answered: the answer held a secret, or was no JSON, and is not kept.
  answer_sealed bytea,
  expires_at timestamptz NOT NULL,
  CHECK (answer_sealed IS NULL OR answered_at IS NOT NULL)
);
CREATE INDEX idempotent_request_by_expiry ON idempotent_request (expires_at);

-- Guard of the unit of work: a request whose claim was taken over undoes its statement.
CREATE FUNCTION expect_claim(met bigint) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  IF met <> 1 THEN
    RAISE EXCEPTION 'the request was taken over' USING ERRCODE = 'HG003';
  END IF;
  RETURN true;
END $$;

GRANT SELECT, INSERT, UPDATE, DELETE ON idempotent_request TO hanguang_service;
