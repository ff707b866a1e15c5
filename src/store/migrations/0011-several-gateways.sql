-- The event that made the active policy active: one that no event explains is decided by at no gateway.
-- Null where an earlier release moved it; its event is then found by the policy's id.
ALTER TABLE active_policy ADD COLUMN event_id text;
GRANT UPDATE (event_id) ON active_policy TO hanguang_service;

-- Which of its operator's places in the queue a job holds while it waits or runs: gateways that take
-- jobs in at one moment cannot give an operator more than it may have. Null: taken in by an earlier release.
ALTER TABLE job ADD COLUMN place integer;
CREATE UNIQUE INDEX job_place ON job (operator_id, place) WHERE state IN ('queued', 'running');
