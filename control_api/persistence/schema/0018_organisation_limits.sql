-- The most that each site of an organisation, and of those below it, is sent, in kbit/s.
CREATE TABLE organisation_limits (
    organisation TEXT PRIMARY KEY,
    rate_kbps INTEGER NOT NULL
);
