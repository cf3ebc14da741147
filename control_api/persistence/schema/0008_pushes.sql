-- Where conferences are pushed to; `address` is sealed, for stream keys are part of it.
CREATE TABLE pushes (
    id TEXT PRIMARY KEY,
    conference TEXT NOT NULL REFERENCES conferences (id) ON DELETE CASCADE,
    address TEXT NOT NULL,
    picture TEXT NOT NULL,
    made_s DOUBLE PRECISION NOT NULL
);
