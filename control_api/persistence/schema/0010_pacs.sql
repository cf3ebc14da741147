-- Recordings on their way to a PACS: one row a job. `study` is sealed, and emptied when a job ends;
-- `receipts` says which objects the archive has, as JSON.
CREATE TABLE pacs_jobs (
    id TEXT PRIMARY KEY,
    recording TEXT NOT NULL,
    peer TEXT NOT NULL,
    state TEXT NOT NULL,
    wish TEXT NOT NULL,
    study TEXT NOT NULL,
    objects INTEGER NOT NULL,
    receipts TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    due_s REAL NOT NULL,
    created_s REAL NOT NULL,
    changed_s REAL NOT NULL,
    user_name TEXT NOT NULL,
    reason TEXT NOT NULL
);

CREATE INDEX pacs_jobs_by_state ON pacs_jobs (state, due_s);
CREATE INDEX pacs_jobs_by_time ON pacs_jobs (created_s);
