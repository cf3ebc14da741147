-- Events that webhooks have not taken yet, each for one receiver (a digest of its address, which
-- may have a secret in it). `due_s` is when it is tried again, `dead_s` when it was given up, Unix
-- seconds.
CREATE TABLE hooks_waiting (
    number INTEGER PRIMARY KEY,
    target TEXT NOT NULL,
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    body TEXT NOT NULL,
    tries INTEGER NOT NULL,
    due_s DOUBLE PRECISION NOT NULL,
    dead_s DOUBLE PRECISION
);

CREATE INDEX hooks_waiting_for ON hooks_waiting (target, number);
