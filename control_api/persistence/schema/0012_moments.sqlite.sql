-- What can be found within recordings: slides' words, marks, titles; made from their files, and made
-- again when it is emptied. `words` is `text` as a search compares it (persistence/grams.py).
CREATE TABLE moments (
    id INTEGER PRIMARY KEY,
    recording TEXT NOT NULL,
    organisation TEXT NOT NULL,
    kind TEXT NOT NULL,
    at_ms REAL NOT NULL,
    words TEXT NOT NULL,
    text TEXT NOT NULL
);

CREATE INDEX moments_by_recording ON moments (recording);

CREATE VIRTUAL TABLE moment_grams USING fts5(grams, content='', detail=none);

-- Which recordings are in it: `seen` as in the library then, `slides` how many, -1 not read yet.
CREATE TABLE searched (
    recording TEXT PRIMARY KEY,
    seen TEXT NOT NULL,
    slides INTEGER NOT NULL
);
