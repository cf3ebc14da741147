-- How a call went: means of delays, seconds that its picture stood still and its sound was made up
-- for faults, packets sent again in time, seconds in which pictures gave way to the load.
ALTER TABLE calls ADD COLUMN picture_delay_ms DOUBLE PRECISION NOT NULL DEFAULT 0;

ALTER TABLE calls ADD COLUMN sound_delay_ms DOUBLE PRECISION NOT NULL DEFAULT 0;

ALTER TABLE calls ADD COLUMN still_s DOUBLE PRECISION NOT NULL DEFAULT 0;

ALTER TABLE calls ADD COLUMN concealed_s DOUBLE PRECISION NOT NULL DEFAULT 0;

ALTER TABLE calls ADD COLUMN reduced_s DOUBLE PRECISION NOT NULL DEFAULT 0;

ALTER TABLE calls ADD COLUMN repaired INTEGER NOT NULL DEFAULT 0;
