-- Alarms: what was too much or gone, of what, from when to when (Unix seconds; NULL: it is still).
CREATE TABLE alarms (
    number INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    object TEXT NOT NULL,
    value DOUBLE PRECISION NOT NULL,
    raised_s DOUBLE PRECISION NOT NULL,
    cleared_s DOUBLE PRECISION
);

CREATE INDEX alarms_by_time ON alarms (raised_s);
