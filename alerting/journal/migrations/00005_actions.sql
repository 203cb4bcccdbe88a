-- +goose Up
-- Requests to act on states. A row is durable as "started" before anything is
-- done, and never goes back.
CREATE TABLE actions (
    id       TEXT PRIMARY KEY,
    action   TEXT NOT NULL,
    host     TEXT NOT NULL, -- acted for
    incident INTEGER NOT NULL,
    state    TEXT NOT NULL, -- wanted, refused, waiting-approval, approved, dry-run, started, done, failed, unknown
    open     INTEGER NOT NULL, -- 1 while it stands in the way of a new request
    undo     INTEGER NOT NULL, -- 1 when it takes another one back
    wanted   INTEGER NOT NULL, -- Unix nanoseconds
    started  INTEGER NOT NULL, -- Unix nanoseconds; 0: it was not
    data     TEXT NOT NULL -- failover.Record as JSON
);
CREATE INDEX actions_open ON actions (wanted) WHERE open = 1;
CREATE INDEX actions_started ON actions (action, started) WHERE started <> 0;
CREATE INDEX actions_incident ON actions (incident) WHERE incident <> 0;
CREATE INDEX actions_host ON actions (host, wanted);
