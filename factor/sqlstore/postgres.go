package sqlstore

import "fmt"

// postgres is written for READ COMMITTED. The account's row is what all changes of a user meet at: who changes it holds it, who relies on
// its epoch shares it, so that nothing is accepted any more once a call that moved the epoch has returned.
var postgres = statements{
	schema: `SELECT coalesce(max(version_id), 0) FROM cofactor_schema WHERE is_applied`,

	loadRecords: `SELECT record_send(ROW(a.handle, a.epoch, a.version, a.grace_until, a.default_factor))
		FROM cofactor_account a WHERE a.tenant = $1 AND a.user_id = $2
		UNION ALL SELECT record_send(ROW(` + factorColumns + `))
		FROM cofactor_factor f WHERE f.tenant = $1 AND f.user_id = $2`,
	find: `SELECT f.tenant, f.user_id, ` + factorColumns + `
		FROM cofactor_factor f WHERE f.kind = $1 AND f.handle = $2 AND f.handle <> ''`,
	fail: `UPDATE cofactor_factor SET failures = failures + 1, version = version + 1
		WHERE tenant = $1 AND user_id = $2 AND id = $3 RETURNING failures`,
	scan: `SELECT ` + accountColumns + `, ` + factorColumns + `
		FROM (SELECT * FROM cofactor_account
			WHERE (tenant, user_id) > ($1, $2) AND ($4::text IS NULL OR tenant = $4)
			ORDER BY tenant, user_id LIMIT $3) a
		LEFT JOIN cofactor_factor f ON f.tenant = a.tenant AND f.user_id = a.user_id
		ORDER BY a.tenant, a.user_id, f.created, f.id`,

	lock:  `SELECT epoch, version FROM cofactor_account WHERE tenant = $1 AND user_id = $2 FOR UPDATE`,
	share: `SELECT epoch, version FROM cofactor_account WHERE tenant = $1 AND user_id = $2 FOR SHARE`,
	insertAccount: `INSERT INTO cofactor_account (tenant, user_id, handle, epoch, grace_until, default_factor, version)
		VALUES ($1, $2, $3, $4, $5, $6, 1) ON CONFLICT (tenant, user_id) DO NOTHING`,
	updateAccount: `UPDATE cofactor_account SET epoch = $3, grace_until = $4, default_factor = $5, version = version + 1
		WHERE tenant = $1 AND user_id = $2 AND version = $6`,
	insertFactor: `INSERT INTO cofactor_factor (tenant, user_id, id, kind, handle, label, hint, data, created, last_used, failures, disabled, epoch, version, role, expires)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 1, $14, $15) ON CONFLICT (tenant, user_id, id) DO NOTHING`,
	updateFactor: `UPDATE cofactor_factor SET label = $4, hint = $5, data = $6, last_used = $7, failures = $8, disabled = $9, epoch = $10, version = version + 1
		WHERE tenant = $1 AND user_id = $2 AND id = $3 AND version = $11`,
	deleteFactor: `DELETE FROM cofactor_factor WHERE tenant = $1 AND user_id = $2 AND id = $3 AND version = $4`,
	eraseAccount: `DELETE FROM cofactor_account WHERE tenant = $1 AND user_id = $2`,
	eraseFactors: `DELETE FROM cofactor_factor WHERE tenant = $1 AND user_id = $2`,
	insertOnce:   `INSERT INTO cofactor_redeemed (key, expires) VALUES ($1, $2) ON CONFLICT (key) DO NOTHING`,
	spent:        `SELECT count(*) FROM cofactor_redeemed WHERE key = $1`,
	insertEvent:  `INSERT INTO cofactor_outbox (queue, at, body) VALUES ($1, $2, $3)`,

	login: [3][2]string{1: {login(1, 0), login(1, 1)}, 2: {login(2, 0), login(2, 1)}},

	resealRow: `($%d::text, $%d::text, $%d::text, $%d::bytea, $%d::bigint)`,

	// An ARRAY is read once. The planner may read an IN again for each row, and skip each time what it has locked: it would take more than the limit.
	pruneOnce: `DELETE FROM cofactor_redeemed WHERE key = ANY (ARRAY
		(SELECT key FROM cofactor_redeemed WHERE expires <= $1 ORDER BY expires LIMIT $2 FOR UPDATE SKIP LOCKED))`,
	pruneOutbox: `DELETE FROM cofactor_outbox WHERE id = ANY (ARRAY
		(SELECT id FROM cofactor_outbox WHERE at < $1 AND leased_until = 0 ORDER BY id LIMIT $2 FOR UPDATE SKIP LOCKED))`,
	next: `UPDATE cofactor_outbox SET leased_until = $1 WHERE id = ANY (ARRAY
		(SELECT id FROM cofactor_outbox WHERE queue = $2 AND leased_until <= $3 ORDER BY id LIMIT $4 FOR UPDATE SKIP LOCKED))
		RETURNING id, queue, at, body`,
	later: `UPDATE cofactor_outbox SET leased_until = $1 WHERE id = $2`,
	done:  `DELETE FROM cofactor_outbox WHERE id = $1`,
}

// login shares the account's row, writes the factor if the row is the one that was read, and spends the keys if the factor was written. A key that is spent
// already makes the whole statement fail, and with it the write.
func login(keys, events int) string {
	values, noted := `($13::bytea, $14::bigint)`, ``
	if keys == 2 {
		values += `, ($15::bytea, $16::bigint)`
	}
	if events == 1 {
		noted = fmt.Sprintf(`, noted AS (
			INSERT INTO cofactor_outbox (queue, at, body) SELECT $%d::text, $%d::bigint, $%d::bytea FROM changed
		)`, 13+2*keys, 14+2*keys, 15+2*keys)
	}
	return `WITH account AS (
			SELECT 1 FROM cofactor_account WHERE tenant = $1 AND user_id = $2 AND epoch = $12 FOR SHARE
		), changed AS (
			UPDATE cofactor_factor SET label = $4, hint = $5, data = $6, last_used = $7, failures = $8, disabled = $9, epoch = $10, version = version + 1
			WHERE tenant = $1 AND user_id = $2 AND id = $3 AND version = $11 AND EXISTS (SELECT 1 FROM account)
			RETURNING 1
		), spent AS (
			INSERT INTO cofactor_redeemed (key, expires)
			SELECT k, e FROM (VALUES ` + values + `) AS once (k, e) WHERE EXISTS (SELECT 1 FROM changed)
		)` + noted + `
		SELECT count(*) FROM changed`
}
