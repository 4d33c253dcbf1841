-- +goose Up

-- What a factor is for, so that it is known also while its provider is not configured (0 where it was not noted), and when it ends (0 for never).
ALTER TABLE cofactor_factor
    ADD COLUMN role    smallint NOT NULL DEFAULT 0,
    ADD COLUMN expires bigint   NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE cofactor_factor DROP COLUMN role, DROP COLUMN expires;
