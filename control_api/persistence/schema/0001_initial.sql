-- What is wanted of each conference: its whole definition as JSON, and the engine that carries it.
CREATE TABLE conferences (
    id TEXT PRIMARY KEY,
    engine TEXT NOT NULL,
    definition TEXT NOT NULL
);

-- RTP sites that were connected: with these an engine's successor takes them up again.
CREATE TABLE rtp_offers (
    conference TEXT NOT NULL REFERENCES conferences (id) ON DELETE CASCADE,
    site TEXT NOT NULL,
    offer_sdp TEXT NOT NULL,
    video_port INTEGER NOT NULL,
    audio_port INTEGER NOT NULL,
    PRIMARY KEY (conference, site)
);

-- Recordings that shall be running.
CREATE TABLE wanted_recordings (
    conference TEXT PRIMARY KEY REFERENCES conferences (id) ON DELETE CASCADE,
    id TEXT NOT NULL UNIQUE,
    title TEXT NOT NULL
);

CREATE TABLE users (
    name TEXT PRIMARY KEY,
    role TEXT NOT NULL,
    password_hash TEXT NOT NULL
);

-- Times are Unix seconds; of a token only its SHA-256 is kept.
CREATE TABLE sessions (
    token_hash TEXT PRIMARY KEY,
    user_name TEXT NOT NULL REFERENCES users (name) ON DELETE CASCADE,
    expires_s REAL NOT NULL
);

CREATE TABLE secrets (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
);
