-- Who has seen an alarm, and when (Unix seconds; NULL: nobody).
ALTER TABLE alarms ADD COLUMN seen_by TEXT NOT NULL DEFAULT '';

ALTER TABLE alarms ADD COLUMN seen_s DOUBLE PRECISION;

CREATE INDEX alarms_by_kind ON alarms (kind, number);
