-- Whose a user is: empty, or an organisation with those below it (`一院`, `一院/放射科`).
ALTER TABLE users ADD COLUMN organisation TEXT NOT NULL DEFAULT '';

-- Whose a conference is or was, and with it its recordings; those of nobody are not in it.
CREATE TABLE territory (
    conference TEXT PRIMARY KEY,
    organisation TEXT NOT NULL
);

-- Emptied, the library is made again from the journals.
DELETE FROM library;

ALTER TABLE library ADD COLUMN conference TEXT NOT NULL DEFAULT '';
