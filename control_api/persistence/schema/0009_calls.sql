-- Call records (话单): a row for each time that a site was in a conference, Unix seconds.
-- `left_s` NULL: it is there still, or was when control ended; `seen_s` is when it was last seen.
-- `day` is the day of the calendar on which it joined, as 20270301.
CREATE TABLE calls (
    number INTEGER PRIMARY KEY,
    day INTEGER NOT NULL,
    conference TEXT NOT NULL,
    conference_name TEXT NOT NULL,
    bill_code TEXT NOT NULL,
    site TEXT NOT NULL,
    site_name TEXT NOT NULL,
    organisation TEXT NOT NULL,
    kind TEXT NOT NULL,
    endpoint TEXT NOT NULL,
    joined_s DOUBLE PRECISION NOT NULL,
    seen_s DOUBLE PRECISION NOT NULL,
    left_s DOUBLE PRECISION,
    reason TEXT NOT NULL,
    video_codec TEXT NOT NULL,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    audio_codec TEXT NOT NULL,
    packets INTEGER NOT NULL,
    lost INTEGER NOT NULL,
    bytes INTEGER NOT NULL
);

-- A report reads nothing but this.
CREATE INDEX calls_by_day ON calls (day, organisation, site, joined_s, seen_s, packets, lost, bytes);

CREATE INDEX calls_in_order ON calls (day, number);

CREATE INDEX calls_by_site ON calls (site, number);

CREATE INDEX calls_by_conference ON calls (conference, number);

CREATE INDEX calls_open ON calls (left_s) WHERE left_s IS NULL;
