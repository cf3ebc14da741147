-- Groups of users, and what each member may do with their recordings: watch, download, manage.
CREATE TABLE user_groups (
    name TEXT PRIMARY KEY
);

CREATE TABLE group_members (
    group_name TEXT NOT NULL REFERENCES user_groups (name) ON DELETE CASCADE,
    user_name TEXT NOT NULL REFERENCES users (name) ON DELETE CASCADE,
    rights TEXT NOT NULL,
    PRIMARY KEY (group_name, user_name)
);

-- The groups that a recording's tags name, whether there are such or not.
CREATE TABLE recording_groups (
    recording TEXT NOT NULL REFERENCES library (id) ON DELETE CASCADE,
    group_name TEXT NOT NULL,
    PRIMARY KEY (recording, group_name)
);

-- Emptied, the library is made again from the journals.
DELETE FROM library;
