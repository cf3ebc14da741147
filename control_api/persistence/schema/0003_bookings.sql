-- The register of sites: what is known of a site before it is in any conference.
CREATE TABLE registered_sites (
    uri TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    organisation TEXT NOT NULL,
    record TEXT NOT NULL
);

-- Booked conferences, also past ones: id is the conference's id, never given twice.
CREATE TABLE bookings (
    id INTEGER PRIMARY KEY,
    access_code TEXT NOT NULL,
    record TEXT NOT NULL
);

CREATE INDEX bookings_by_access_code ON bookings (access_code);

-- When a booked conference takes place, Unix seconds; end_s NULL: until it is ended.
CREATE TABLE occurrences (
    booking INTEGER NOT NULL REFERENCES bookings (id) ON DELETE CASCADE,
    begin_s DOUBLE PRECISION NOT NULL,
    end_s DOUBLE PRECISION,
    state TEXT NOT NULL,
    units INTEGER NOT NULL,
    sites TEXT NOT NULL,
    PRIMARY KEY (booking, begin_s)
);

CREATE INDEX occurrences_by_state ON occurrences (state, begin_s);

-- Which site is taken when: free/busy. `state` is busy, or gone (told by the synchronisation).
CREATE TABLE occupied (
    uri TEXT NOT NULL,
    begin_s DOUBLE PRECISION NOT NULL,
    end_s DOUBLE PRECISION,
    booking INTEGER NOT NULL REFERENCES bookings (id) ON DELETE CASCADE,
    state TEXT NOT NULL,
    PRIMARY KEY (uri, begin_s, booking)
);

CREATE INDEX occupied_by_booking ON occupied (booking, begin_s);
