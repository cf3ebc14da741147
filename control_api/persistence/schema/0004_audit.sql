-- Who did what, and what came of it; `chain` covers the row and all before it.
CREATE TABLE audit (
    number INTEGER PRIMARY KEY,
    at_s DOUBLE PRECISION NOT NULL,
    user_name TEXT NOT NULL,
    source TEXT NOT NULL,
    action TEXT NOT NULL,
    object TEXT NOT NULL,
    result TEXT NOT NULL,
    chain TEXT NOT NULL
);

CREATE INDEX audit_by_time ON audit (at_s);
