-- +goose Up
-- What others keep in the transaction of their events, such as how far logs
-- were read. The row with an empty name is the identity of what was written last.
CREATE TABLE kept (
    owner TEXT NOT NULL,
    name  TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (owner, name)
) WITHOUT ROWID;
