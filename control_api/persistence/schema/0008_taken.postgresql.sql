UPDATE bookings SET name = CAST(record AS json) ->> 'name';

-- What free/busy reads is all in the index, in its order.
CREATE INDEX occupied_by_site ON occupied (uri, begin_s, booking) INCLUDE (end_s, state);
