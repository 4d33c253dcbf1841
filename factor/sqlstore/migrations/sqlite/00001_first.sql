-- +goose Up

-- Times are milliseconds since 1970, 0 for never.
CREATE TABLE cofactor_account (
    tenant         TEXT    NOT NULL,
    user_id        TEXT    NOT NULL,
    handle         BLOB    NOT NULL,
    epoch          INTEGER NOT NULL,
    version        INTEGER NOT NULL,
    grace_until    INTEGER NOT NULL,
    default_factor TEXT    NOT NULL,
    PRIMARY KEY (tenant, user_id)
) WITHOUT ROWID;

CREATE TABLE cofactor_factor (
    tenant    TEXT    NOT NULL,
    user_id   TEXT    NOT NULL,
    id        TEXT    NOT NULL,
    kind      TEXT    NOT NULL,
    handle    TEXT    NOT NULL,
    label     TEXT    NOT NULL,
    hint      TEXT    NOT NULL,
    data      BLOB    NOT NULL,
    created   INTEGER NOT NULL,
    last_used INTEGER NOT NULL,
    failures  INTEGER NOT NULL,
    disabled  INTEGER NOT NULL,
    epoch     INTEGER NOT NULL,
    version   INTEGER NOT NULL,
    PRIMARY KEY (tenant, user_id, id)
);
CREATE UNIQUE INDEX cofactor_factor_handle ON cofactor_factor (kind, handle) WHERE handle <> '';

CREATE TABLE cofactor_redeemed (
    key     BLOB    PRIMARY KEY,
    expires INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX cofactor_redeemed_expires ON cofactor_redeemed (expires);

CREATE TABLE cofactor_outbox (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    at           INTEGER NOT NULL,
    leased_until INTEGER NOT NULL DEFAULT 0,
    body         BLOB    NOT NULL
);

-- +goose Down
DROP TABLE cofactor_outbox;
DROP TABLE cofactor_redeemed;
DROP TABLE cofactor_factor;
DROP TABLE cofactor_account;
