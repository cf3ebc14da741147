-- What the store of recordings holds, made from its journals; emptied, it is made again.
-- `seen` names the state of the files that a row was made from; `words` is what a search looks at.
CREATE TABLE library (
    id TEXT PRIMARY KEY,
    info TEXT NOT NULL,
    started_s REAL NOT NULL,
    state TEXT NOT NULL,
    size_bytes INTEGER NOT NULL,
    words TEXT NOT NULL,
    seen TEXT NOT NULL
);

CREATE INDEX library_by_start ON library (started_s, id);

-- Who watched what: `what` is play, download, still or live; `object` a recording or a conference.
CREATE TABLE audience (
    at_s REAL NOT NULL,
    user_name TEXT NOT NULL,
    what TEXT NOT NULL,
    object TEXT NOT NULL
);

CREATE INDEX audience_by_object ON audience (object, at_s);
CREATE INDEX audience_by_time ON audience (at_s);
