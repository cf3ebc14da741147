-- Templates of bookings and groups of sites, each by its name within what it belongs to.
CREATE TABLE presets (
    kind TEXT NOT NULL,
    organisation TEXT NOT NULL,
    name TEXT NOT NULL,
    record TEXT NOT NULL,
    PRIMARY KEY (kind, organisation, name)
);

-- The access code of one occurrence; empty: that of its booking.
ALTER TABLE occurrences ADD COLUMN access_code TEXT NOT NULL DEFAULT '';

CREATE INDEX occurrences_by_access_code ON occurrences (access_code);

-- With which code a site opens its room.
CREATE TABLE room_codes (
    uri TEXT PRIMARY KEY REFERENCES registered_sites (uri) ON DELETE CASCADE,
    code TEXT NOT NULL UNIQUE
);
