-- Since when a user has this password (Unix seconds), and whether it must be changed at the next login.
ALTER TABLE users ADD COLUMN password_since_s DOUBLE PRECISION NOT NULL DEFAULT 0;

ALTER TABLE users ADD COLUMN must_change INTEGER NOT NULL DEFAULT 0;

-- Hashes of the passwords that a user had before.
CREATE TABLE password_history (
    user_name TEXT NOT NULL REFERENCES users (name) ON DELETE CASCADE,
    since_s DOUBLE PRECISION NOT NULL,
    password_hash TEXT NOT NULL
);

CREATE INDEX password_history_of ON password_history (user_name, since_s);

-- Roles that an administrator has made: a name, and a JSON list of rights (auth/roles.py).
CREATE TABLE roles (
    name TEXT PRIMARY KEY,
    rights TEXT NOT NULL
);
