-- What a login by digest is checked against, sealed: of itself it is as good as the password.
CREATE TABLE gateway_secrets (
    user_name TEXT PRIMARY KEY REFERENCES users (name) ON DELETE CASCADE,
    sealed TEXT NOT NULL
);
