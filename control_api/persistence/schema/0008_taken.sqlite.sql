UPDATE bookings SET name = json_extract(record, '$.name');

-- The primary key is the table: what free/busy reads stands together, in its order.
CREATE TABLE occupied_by_site (
    uri TEXT NOT NULL,
    begin_s DOUBLE PRECISION NOT NULL,
    end_s DOUBLE PRECISION,
    booking INTEGER NOT NULL REFERENCES bookings (id) ON DELETE CASCADE,
    state TEXT NOT NULL,
    PRIMARY KEY (uri, begin_s, booking)
) WITHOUT ROWID;

INSERT INTO occupied_by_site (uri, begin_s, end_s, booking, state)
SELECT uri, begin_s, end_s, booking, state FROM occupied ORDER BY uri, begin_s, booking;

DROP TABLE occupied;

ALTER TABLE occupied_by_site RENAME TO occupied;

CREATE INDEX occupied_by_booking ON occupied (booking, begin_s);
