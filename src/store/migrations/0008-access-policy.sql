-- Access policies, each proposed by one person and confirmed by another; the text and its hash never change.
CREATE TABLE access_policy (
  id text PRIMARY KEY,
  -- Of model and lines in one form; the same for two texts that say the same.
  hash text NOT NULL,
  model text NOT NULL,
  policy text NOT NULL,
  -- What was active when it was proposed; null for the one of the first start.
  replaces text REFERENCES access_policy,
  reason text NOT NULL,
  state text NOT NULL CHECK (state IN ('proposed', 'confirmed', 'rejected', 'withdrawn')),
  -- Null: shipped with the release, at the first start.
  proposed_by text REFERENCES account,
  proposed_at timestamptz NOT NULL,
  decided_by text REFERENCES account,
  decided_at timestamptz,
  decision_reason text,
  -- Two persons, whatever a bug may say.
  CONSTRAINT access_policy_two_persons CHECK (state IN ('proposed', 'withdrawn') OR decided_by IS DISTINCT FROM proposed_by OR proposed_by IS NULL)
);
CREATE UNIQUE INDEX access_policy_one_proposed ON access_policy ((true)) WHERE state = 'proposed';

-- Which one decides; moved only from the one that the new one says it replaces.
CREATE TABLE active_policy (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  policy_id text NOT NULL REFERENCES access_policy,
  since timestamptz NOT NULL
);

GRANT SELECT, INSERT ON access_policy, active_policy TO hanguang_service;
GRANT UPDATE (state, decided_by, decided_at, decision_reason) ON access_policy TO hanguang_service;
GRANT UPDATE (policy_id, since) ON active_policy TO hanguang_service;
