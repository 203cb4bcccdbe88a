-- +goose Up
CREATE TABLE downtimes (
    id    INTEGER PRIMARY KEY,
    ended INTEGER NOT NULL, -- Unix nanoseconds; 0 until it is over or cancelled
    data  TEXT NOT NULL -- alerting.Downtime as JSON
);
