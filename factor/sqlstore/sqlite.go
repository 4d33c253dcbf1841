package sqlstore

// sqlite has one writer at a time, so the first statement of a transaction has to be a write: it then waits for its turn, and reads nothing that
// somebody else is about to change. That is what the updates that change nothing are for.
var sqlite = statements{
	schema: `SELECT coalesce(max(version_id), 0) FROM cofactor_schema WHERE is_applied`,

	load: `SELECT ` + accountColumns + `, ` + factorColumns + `
		FROM cofactor_account a LEFT JOIN cofactor_factor f ON f.tenant = a.tenant AND f.user_id = a.user_id
		WHERE a.tenant = ?1 AND a.user_id = ?2
		ORDER BY f.created, f.id`,
	find: `SELECT f.tenant, f.user_id, ` + factorColumns + `
		FROM cofactor_factor f WHERE f.kind = ?1 AND f.handle = ?2 AND f.handle <> ''`,
	fail: `UPDATE cofactor_factor SET failures = failures + 1, version = version + 1
		WHERE tenant = ?1 AND user_id = ?2 AND id = ?3 RETURNING failures`,
	scan: `SELECT ` + accountColumns + `, ` + factorColumns + `
		FROM (SELECT * FROM cofactor_account
			WHERE (tenant, user_id) > (?1, ?2) AND (?4 IS NULL OR tenant = ?4)
			ORDER BY tenant, user_id LIMIT ?3) a
		LEFT JOIN cofactor_factor f ON f.tenant = a.tenant AND f.user_id = a.user_id
		ORDER BY a.tenant, a.user_id, f.created, f.id`,

	lock:  `UPDATE cofactor_account SET version = version WHERE tenant = ?1 AND user_id = ?2 RETURNING epoch, version`,
	share: `UPDATE cofactor_account SET version = version WHERE tenant = ?1 AND user_id = ?2 RETURNING epoch, version`,
	insertAccount: `INSERT INTO cofactor_account (tenant, user_id, handle, epoch, grace_until, default_factor, version)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, 1) ON CONFLICT (tenant, user_id) DO NOTHING`,
	updateAccount: `UPDATE cofactor_account SET epoch = ?3, grace_until = ?4, default_factor = ?5, version = version + 1
		WHERE tenant = ?1 AND user_id = ?2 AND version = ?6`,
	insertFactor: `INSERT INTO cofactor_factor (tenant, user_id, id, kind, handle, label, hint, data, created, last_used, failures, disabled, epoch, version, role, expires)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, 1, ?14, ?15) ON CONFLICT (tenant, user_id, id) DO NOTHING`,
	updateFactor: `UPDATE cofactor_factor SET label = ?4, hint = ?5, data = ?6, last_used = ?7, failures = ?8, disabled = ?9, epoch = ?10, version = version + 1
		WHERE tenant = ?1 AND user_id = ?2 AND id = ?3 AND version = ?11`,
	deleteFactor: `DELETE FROM cofactor_factor WHERE tenant = ?1 AND user_id = ?2 AND id = ?3 AND version = ?4`,
	eraseAccount: `DELETE FROM cofactor_account WHERE tenant = ?1 AND user_id = ?2`,
	eraseFactors: `DELETE FROM cofactor_factor WHERE tenant = ?1 AND user_id = ?2`,
	insertOnce:   `INSERT INTO cofactor_redeemed (key, expires) VALUES (?1, ?2) ON CONFLICT (key) DO NOTHING`,
	spent:        `SELECT count(*) FROM cofactor_redeemed WHERE key = ?1`,
	insertEvent:  `INSERT INTO cofactor_outbox (queue, at, body) VALUES (?1, ?2, ?3)`,

	resealRow: `(?%d, ?%d, ?%d, ?%d, ?%d)`,

	pruneOnce: `DELETE FROM cofactor_redeemed WHERE key IN
		(SELECT key FROM cofactor_redeemed WHERE expires <= ?1 ORDER BY expires LIMIT ?2)`,
	pruneOutbox: `DELETE FROM cofactor_outbox WHERE id IN
		(SELECT id FROM cofactor_outbox WHERE at < ?1 AND leased_until = 0 ORDER BY id LIMIT ?2)`,
	next: `UPDATE cofactor_outbox SET leased_until = ?1 WHERE id IN
		(SELECT id FROM cofactor_outbox WHERE queue = ?2 AND leased_until <= ?3 ORDER BY id LIMIT ?4)
		RETURNING id, queue, at, body`,
	later: `UPDATE cofactor_outbox SET leased_until = ?1 WHERE id = ?2`,
	done:  `DELETE FROM cofactor_outbox WHERE id = ?1`,
}
