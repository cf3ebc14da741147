-- Free/busy tells the conference's name of each row: not out of thousands of whole records.
ALTER TABLE bookings ADD COLUMN name TEXT NOT NULL DEFAULT '';
