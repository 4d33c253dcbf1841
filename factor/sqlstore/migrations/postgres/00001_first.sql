-- +goose Up

-- Names are compared byte for byte, whatever the database's collation is. Times are milliseconds since 1970, 0 for never.
CREATE TABLE cofactor_account (
    tenant         text COLLATE "C" NOT NULL,
    user_id        text COLLATE "C" NOT NULL,
    handle         bytea  NOT NULL,
    epoch          bigint NOT NULL,
    version        bigint NOT NULL,
    grace_until    bigint NOT NULL,
    default_factor text COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant, user_id)
);

-- Each login rewrites its row; the room in each page lets it do so in place.
CREATE TABLE cofactor_factor (
    tenant    text COLLATE "C" NOT NULL,
    user_id   text COLLATE "C" NOT NULL,
    id        text COLLATE "C" NOT NULL,
    kind      text COLLATE "C" NOT NULL,
    handle    text COLLATE "C" NOT NULL,
    label     text    NOT NULL,
    hint      text    NOT NULL,
    data      bytea   NOT NULL,
    created   bigint  NOT NULL,
    last_used bigint  NOT NULL,
    failures  integer NOT NULL,
    disabled  boolean NOT NULL,
    epoch     bigint  NOT NULL,
    version   bigint  NOT NULL,
    PRIMARY KEY (tenant, user_id, id)
) WITH (fillfactor = 80);
CREATE UNIQUE INDEX cofactor_factor_handle ON cofactor_factor (kind, handle) WHERE handle <> '';

CREATE TABLE cofactor_redeemed (
    key     bytea  PRIMARY KEY,
    expires bigint NOT NULL
);
CREATE INDEX cofactor_redeemed_expires ON cofactor_redeemed (expires);

CREATE TABLE cofactor_outbox (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at           bigint NOT NULL,
    leased_until bigint NOT NULL DEFAULT 0,
    body         bytea  NOT NULL
);

-- +goose Down
DROP TABLE cofactor_outbox, cofactor_redeemed, cofactor_factor, cofactor_account;
