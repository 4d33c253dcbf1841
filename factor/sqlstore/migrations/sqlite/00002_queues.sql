-- +goose Up

-- Each reader of the outbox has a queue. The default is for what was written before, and by replicas that do not know queues yet.
ALTER TABLE cofactor_outbox ADD COLUMN queue TEXT NOT NULL DEFAULT 'events';
CREATE INDEX cofactor_outbox_queue ON cofactor_outbox (queue, id);

-- +goose Down
DROP INDEX cofactor_outbox_queue;
ALTER TABLE cofactor_outbox DROP COLUMN queue;
