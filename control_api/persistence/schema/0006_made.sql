-- The order in which conferences were made, which they are told in.
ALTER TABLE conferences ADD COLUMN made INTEGER NOT NULL DEFAULT 0;
