package sqlstore

// Dialect is the kind of database.
type Dialect int

// The dialects. The zero value is none, which New refuses.
const (
	PostgreSQL Dialect = iota + 1 // 12 or newer
	SQLite                        // 3.35 or newer; one host
)

func (d Dialect) String() string {
	switch d {
	case PostgreSQL:
		return "PostgreSQL"
	case SQLite:
		return "SQLite"
	}
	return "no dialect"
}

// statements is every statement there is, in one dialect. Where both databases understand the same words, only the parameters differ.
type statements struct {
	schema string // the newest migration that was applied

	load        string // tenant, user
	loadRecords string // the same as binary records, where the database has them: then there is no load
	find        string // kind, handle
	fail        string // tenant, user, id
	scan        string // tenant, user, limit; ($4: only this tenant)

	// lock holds the account until the transaction ends, against everybody; share only against those who would change it.
	lock, share   string // tenant, user
	insertAccount string
	updateAccount string
	insertFactor  string // nothing is inserted if the id is there
	updateFactor  string
	deleteFactor  string // tenant, user, id, version
	eraseAccount  string // tenant, user
	eraseFactors  string // tenant, user
	insertOnce    string // key, expires; nothing is inserted if the key is there
	spent         string // key
	insertEvent   string // queue, at, body

	// login is the change that every login makes - one factor, one or two keys, at most one event - as one statement, where the database can do that.
	login [3][2]string // by number of keys, and of events

	resealRow string // tenant, user, id, data, version; its parameters are numbered by fmt

	pruneOnce, pruneOutbox string // before, limit
	next                   string // lease, queue, now, limit
	later                  string // until, id
	done                   string // id
}

func (d Dialect) statements() statements {
	if d == PostgreSQL {
		return postgres
	}
	return sqlite
}

// The columns of a factor, in the order in which they are always read and written.
const (
	accountColumns = `a.tenant, a.user_id, a.handle, a.epoch, a.version, a.grace_until, a.default_factor`
	factorColumns  = `f.id, f.kind, f.handle, f.label, f.hint, f.data, f.created, f.last_used, f.failures, f.disabled, f.epoch, f.version, f.role, f.expires`
)
