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
    version   INTEGER NOT NULL, role INTEGER NOT NULL DEFAULT 0, expires INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (tenant, user_id, id)
);
CREATE TABLE cofactor_outbox (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    at           INTEGER NOT NULL,
    leased_until INTEGER NOT NULL DEFAULT 0,
    body         BLOB    NOT NULL
, queue TEXT NOT NULL DEFAULT 'events');
CREATE TABLE cofactor_redeemed (
    key     BLOB    PRIMARY KEY,
    expires INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE cofactor_schema (
		id INTEGER PRIMARY KEY AUTOINCREMENT,
		version_id INTEGER NOT NULL,
		is_applied INTEGER NOT NULL,
		tstamp TIMESTAMP DEFAULT (datetime('now'))
	);
CREATE UNIQUE INDEX cofactor_factor_handle ON cofactor_factor (kind, handle) WHERE handle <> '';
CREATE INDEX cofactor_outbox_queue ON cofactor_outbox (queue, id);
CREATE INDEX cofactor_redeemed_expires ON cofactor_redeemed (expires);
INSERT INTO cofactor_account (tenant, user_id, handle, epoch, version, grace_until, default_factor) VALUES ('acme', 'alice', X'000120612068616E646C65206F66207468697274792D74776F206279746573FF', 1793534400000, 1, 1793538000000, 'f1');
INSERT INTO cofactor_factor (tenant, user_id, id, kind, handle, label, hint, data, created, last_used, failures, disabled, epoch, version, role, expires) VALUES ('acme', 'alice', 'f1', 'totp', '', 'Authenticator app', '', X'007365616C6564FF', 1793534400000, 1793534401500, 3, 0, 1793534400000, 1, 3, 1793620800000);
INSERT INTO cofactor_factor (tenant, user_id, id, kind, handle, label, hint, data, created, last_used, failures, disabled, epoch, version, role, expires) VALUES ('acme', 'alice', 'f2', 'webauthn', 'q83vEjRWeJA', 'Schlüssel ''blau''', '···· 123', X'', 1793534401000, 0, 0, 1, 7, 1, 0, 0);
INSERT INTO cofactor_redeemed (key, expires) VALUES (X'0102030000000000000000000000000000000000000000000000000000000000', 1793538000000);
INSERT INTO cofactor_outbox (id, at, leased_until, body, queue) VALUES (1, 1793534400000, 0, X'6576656E7400FF', 'events');
INSERT INTO cofactor_schema (id, version_id, is_applied, tstamp) VALUES (1, 0, 1, '2026-11-01 12:00:00');
INSERT INTO cofactor_schema (id, version_id, is_applied, tstamp) VALUES (2, 1, 1, '2026-11-01 12:00:00');
INSERT INTO cofactor_schema (id, version_id, is_applied, tstamp) VALUES (3, 2, 1, '2026-11-01 12:00:00');
INSERT INTO cofactor_schema (id, version_id, is_applied, tstamp) VALUES (4, 3, 1, '2026-11-01 12:00:00');
