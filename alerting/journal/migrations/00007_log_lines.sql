-- +goose Up
-- Lines of logs are looked for among all that happened.
CREATE INDEX events_lines ON events (id) WHERE kind = 'log-match';
