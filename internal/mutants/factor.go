package main

// factors needs PostgreSQL: scripts/with-servers.sh go run ./internal/mutants -only '^factor'
func factors() []mutant {
	const memory, sql = "./factor", "./factor/sqlstore"
	return []mutant{
		{
			breaks: "a key can be spent again in memory", // attack: A-4
			file:   "factor/memory.go",
			old:    "		if _, spent := m.spent[o.Key]; spent {",
			new:    "		if _, spent := m.spent[o.Key]; spent && false {",
			tests:  memory,
		},
		{
			breaks: "a login under an old epoch is accepted in memory",
			file:   "factor/memory.go",
			old:    "	if s.Account.Epoch != c.Epoch {",
			new:    "	if s.Account.Epoch < c.Epoch {",
			tests:  memory,
		},
		{
			breaks: "two enrolments that read the same account are both made in memory", // attack: A-90
			file:   "factor/memory.go",
			old:    "		if a.Version != s.Account.Version {",
			new:    "		if false {",
			tests:  memory,
		},
		{
			breaks: "Fail does not change the version in memory, so that a login writes over it",
			file:   "factor/memory.go",
			old:    "			fs[i].Version++\n			return",
			new:    "			return",
			tests:  memory,
		},
		{
			breaks: "what the store in memory returns is its own",
			file:   "factor/memory.go",
			old:    "f.Data, f.Created, f.LastUsed, f.Expires = cloned(f.Data), whole",
			new:    "f.Data, f.Created, f.LastUsed, f.Expires = f.Data, whole",
			tests:  memory,
		},
		{
			breaks: "a handle in memory has two owners", // attack: A-103
			file:   "factor/memory.go",
			old:    "(taken && !mine[h]) || next[h]",
			new:    "(taken && false) || next[h]",
			tests:  memory,
		},
		{
			breaks: "Prune in memory brings keys back to life before they expire",
			file:   "factor/memory_scan.go",
			old:    "removed < n && !expires.After(now)",
			new:    "removed < n && !expires.After(now.Add(time.Minute))",
			tests:  memory,
		},
		{
			breaks: "a change of another user's factor is stored",
			file:   "factor/change.go",
			old:    `need(f.Tenant == c.Tenant && f.UserID == c.UserID, "factor`,
			new:    `need(true, "factor`,
			tests:  memory,
		},
		{
			breaks: "a login under an old epoch is accepted by PostgreSQL",
			file:   "factor/sqlstore/postgres.go",
			old:    "user_id = $2 AND epoch = $12 FOR SHARE",
			new:    "user_id = $2 AND $12::bigint > 0 FOR SHARE",
			tests:  sql,
			run:    "TestPostgreSQL",
		},
		{
			breaks: "a login is accepted after the epoch has moved, because it does not hold it", // attack: A-90
			file:   "factor/sqlstore/postgres.go",
			old:    "AND epoch = $12 FOR SHARE",
			new:    "AND epoch = $12",
			tests:  sql,
			run:    "Epoch",
		},
		{
			breaks: "a change that is no login does not hold the epoch",
			file:   "factor/sqlstore/postgres.go",
			old:    "user_id = $2 FOR SHARE`",
			new:    "user_id = $2`",
			tests:  sql,
			run:    "Epoch",
		},
		{
			breaks: "a login writes over a row that has changed", // attack
			file:   "factor/sqlstore/postgres.go",
			old:    "AND version = $11 AND EXISTS",
			new:    "AND $11::bigint > 0 AND EXISTS",
			tests:  sql,
			run:    "TestPostgreSQL",
		},
		{
			breaks: "a login of PostgreSQL with a spent key is accepted", // attack: A-4
			file:   "factor/sqlstore/postgres.go",
			old:    "WHERE EXISTS (SELECT 1 FROM changed)\n",
			new:    "WHERE EXISTS (SELECT 1 FROM changed) ON CONFLICT DO NOTHING\n",
			tests:  sql,
			run:    "TestPostgreSQL",
		},
		{
			breaks: "a login that changes nothing spends its keys",
			file:   "factor/sqlstore/postgres.go",
			old:    "WHERE EXISTS (SELECT 1 FROM changed)\n",
			new:    "\n",
			tests:  sql,
			run:    "TestPostgreSQL",
		},
		{
			breaks: "two enrolments that read the same account are both made by PostgreSQL", // attack: A-90
			file:   "factor/sqlstore/postgres.go",
			old:    "WHERE tenant = $1 AND user_id = $2 AND version = $6`",
			new:    "WHERE tenant = $1 AND user_id = $2 AND $6::bigint > 0`",
			tests:  sql,
			run:    "TestPostgreSQL",
		},
		{
			breaks: "Fail does not change the version, so that a login writes over it",
			file:   "factor/sqlstore/postgres.go",
			old:    "SET failures = failures + 1, version = version + 1",
			new:    "SET failures = failures + 1",
			tests:  sql,
			run:    "TestPostgreSQL",
		},
		{
			breaks: "Prune of PostgreSQL brings keys back to life before they expire",
			file:   "factor/sqlstore/postgres.go",
			old:    "WHERE expires <= $1 ORDER BY",
			new:    "WHERE expires <= $1 + 60000 ORDER BY",
			tests:  sql,
			run:    "TestPostgreSQL",
		},
		{
			breaks: "Prune may remove more than it was told",
			file:   "factor/sqlstore/postgres.go",
			old:    "DELETE FROM cofactor_redeemed WHERE key = ANY (ARRAY\n		(SELECT key FROM cofactor_redeemed WHERE expires <= $1 ORDER BY expires LIMIT $2 FOR UPDATE SKIP LOCKED))`",
			new:    "DELETE FROM cofactor_redeemed WHERE key IN\n		(SELECT key FROM cofactor_redeemed WHERE expires <= $1 ORDER BY expires LIMIT $2 FOR UPDATE SKIP LOCKED)`",
			tests:  sql,
			run:    "TestPrune",
		},
		{
			breaks: "a factor that has changed is deleted from SQLite",
			file:   "factor/sqlstore/sqlite.go",
			old:    "user_id = ?2 AND id = ?3 AND version = ?4",
			new:    "user_id = ?2 AND id = ?3 AND ?4 > 0",
			tests:  sql,
			run:    "TestSQLite",
		},
		{
			breaks: "a login writes over a row of SQLite that has changed", // attack
			file:   "factor/sqlstore/sqlite.go",
			old:    "user_id = ?2 AND id = ?3 AND version = ?11",
			new:    "user_id = ?2 AND id = ?3 AND ?11 > 0",
			tests:  sql,
			run:    "TestSQLite",
		},
		{
			breaks: "a change under an old epoch is made",
			file:   "factor/sqlstore/apply.go",
			old:    "err == nil && epoch != c.Epoch:",
			new:    "err == nil && epoch < c.Epoch:",
			tests:  sql,
			run:    "TestSQLite",
		},
		{
			breaks: "a spent key in a transaction is ignored", // attack: A-4
			file:   "factor/sqlstore/apply.go",
			old:    "		if n, err := res.RowsAffected(); err != nil || n != 1 {\n			return errors.Join(factor.ErrSpent, err)",
			new:    "		if n, err := res.RowsAffected(); err != nil || n > 1 {\n			return errors.Join(factor.ErrSpent, err)",
			tests:  sql,
			run:    "TestSQLite",
		},
		{
			breaks: "a change that lost its row is not told that its key is spent",
			file:   "factor/sqlstore/apply.go",
			old:    "		if n > 0 {\n			return factor.ErrSpent",
			new:    "		if n > 1 {\n			return factor.ErrSpent",
			tests:  sql,
			run:    "TestSQLite|Loses",
		},
		{
			breaks: "a taken handle is no ErrExists", // attack: A-103
			file:   "factor/sqlstore/apply.go",
			old:    "			return factor.ErrExists",
			new:    "			return factor.ErrConflict",
			tests:  sql,
			run:    "TestSQLite",
		},
		{
			breaks: "a deadlock is an unknown outcome",
			file:   "factor/sqlstore/apply.go",
			old:    ` || postgres.SQLState() == "40P01")`,
			new:    `)`,
			tests:  sql,
			run:    "Deadlock",
		},
		{
			breaks: "a key whose fate is unknown after a deadlock is called spent",
			file:   "factor/sqlstore/apply.go",
			old:    `return failed("apply", err) // which may be`,
			new:    `return factor.ErrSpent // which may be`,
			tests:  sql,
			run:    "Deadlock",
		},
		{
			breaks: "a PostgreSQL that does not wait for its disk is accepted",
			file:   "factor/sqlstore/check.go",
			old:    `commit == "off" || isolation`,
			new:    `isolation`,
			tests:  sql,
			run:    "TestNew",
		},
		{
			breaks: "an SQLite that was set by hand is accepted",
			file:   "factor/sqlstore/check.go",
			old:    "	looks := 2\n",
			new:    "	looks := 1\n",
			tests:  sql,
			run:    "TestNew",
		},
		{
			breaks: "a newer schema is accepted",
			file:   "factor/sqlstore/check.go",
			old:    "	case have > schemaVersion:",
			new:    "	case have > schemaVersion+1:",
			tests:  sql,
			run:    "TestNew",
		},
		{
			breaks: "a record that is cut short is an account",
			file:   "factor/sqlstore/record.go",
			old:    `return !r.bad && r.rest == ""`,
			new:    `return r.rest == ""`,
			tests:  sql,
			run:    "Records",
		},
	}
}
