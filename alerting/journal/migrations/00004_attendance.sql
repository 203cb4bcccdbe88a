-- +goose Up
-- When the server was there and judged: one row a run, or a stretch of one.
CREATE TABLE attendance (
    began INTEGER PRIMARY KEY, -- Unix nanoseconds
    seen  INTEGER NOT NULL     -- the last moment at which it was surely there
);
