-- Sums of call records, kept up with each that is written: of a day (20270301) and of a month
-- (202703), by organisation, and by site and organisation. A year's report reads nothing else.
CREATE TABLE use_of_organisations (
    period INTEGER NOT NULL,
    organisation TEXT NOT NULL,
    calls INTEGER NOT NULL,
    took_ms INTEGER NOT NULL,
    packets INTEGER NOT NULL,
    lost INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    PRIMARY KEY (period, organisation)
);

CREATE TABLE use_of_sites (
    period INTEGER NOT NULL,
    site TEXT NOT NULL,
    organisation TEXT NOT NULL,
    calls INTEGER NOT NULL,
    took_ms INTEGER NOT NULL,
    packets INTEGER NOT NULL,
    lost INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    PRIMARY KEY (period, site, organisation)
);

CREATE INDEX use_of_one_site ON use_of_sites (site, period);

-- Reports were made from this one.
DROP INDEX calls_by_day;
