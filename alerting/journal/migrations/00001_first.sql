-- +goose Up
CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE services (
    host     TEXT NOT NULL,
    check_   TEXT NOT NULL,
    item     TEXT NOT NULL,
    revision INTEGER NOT NULL,
    data     TEXT NOT NULL, -- alerting.Record as JSON
    PRIMARY KEY (host, check_, item)
) WITHOUT ROWID;

CREATE TABLE events (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    at       INTEGER NOT NULL, -- Unix nanoseconds
    kind     TEXT NOT NULL,
    host     TEXT NOT NULL,
    check_   TEXT NOT NULL,
    item     TEXT NOT NULL,
    state    INTEGER NOT NULL,
    hard     INTEGER NOT NULL,
    incident INTEGER NOT NULL,
    data     TEXT NOT NULL
);
CREATE INDEX events_at ON events (at);
CREATE INDEX events_service ON events (host, check_, item, at);
CREATE INDEX events_incident ON events (incident) WHERE incident <> 0;

CREATE TABLE incidents (
    id       INTEGER PRIMARY KEY,
    revision INTEGER NOT NULL,
    closed   INTEGER NOT NULL, -- Unix nanoseconds; 0 while open
    data     TEXT NOT NULL -- alerting.Incident as JSON, without its ledger
);
CREATE INDEX incidents_open ON incidents (id) WHERE closed = 0;

CREATE TABLE outbox (
    id       TEXT PRIMARY KEY,
    incident INTEGER NOT NULL,
    state    TEXT NOT NULL,
    queued   INTEGER NOT NULL, -- order within an installation
    data     TEXT NOT NULL -- alerting.Message as JSON
);
CREATE INDEX outbox_incident ON outbox (incident);
CREATE INDEX outbox_open ON outbox (queued) WHERE state IN ('pending', 'sending');

CREATE TABLE probe_events (
    host TEXT NOT NULL,
    boot TEXT NOT NULL,
    seq  INTEGER NOT NULL, -- the highest taken
    at   INTEGER NOT NULL, -- when
    PRIMARY KEY (host, boot)
) WITHOUT ROWID;

-- What a probe sent last and may not have been judged yet: read after a crash,
-- forgotten when its next batch arrives.
CREATE TABLE probe_inbox (
    host TEXT NOT NULL,
    boot TEXT NOT NULL,
    seq  INTEGER NOT NULL,
    data TEXT NOT NULL, -- wire.Event as JSON
    PRIMARY KEY (host, boot, seq)
) WITHOUT ROWID;
