-- +goose Up
-- What failing runs left, for the latest of each service.
CREATE TABLE failed_runs (
    event    INTEGER PRIMARY KEY, -- the state change
    service  TEXT NOT NULL,       -- checks.Service as text
    run      TEXT NOT NULL,       -- duration and phases as JSON
    evidence BLOB NOT NULL
);
CREATE INDEX failed_runs_service ON failed_runs (service, event);
