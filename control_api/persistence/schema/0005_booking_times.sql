-- What takes place in a span is found by its beginning; what has no end, by having none.
CREATE INDEX occurrences_by_begin ON occurrences (begin_s);

CREATE INDEX occurrences_by_end ON occurrences (end_s);
