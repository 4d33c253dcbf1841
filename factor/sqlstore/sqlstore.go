// Package sqlstore keeps factors in PostgreSQL or SQLite.
//
// It needs a *sql.DB, and imports no driver. It is tested with github.com/jackc/pgx/v5/stdlib and modernc.org/sqlite, neither of which needs cgo. Of another driver
// only the errors matter: those of PostgreSQL must have a method SQLState() string, those of SQLite Code() int, or a taken handle is an error like
// any other. Call Migrate once per deployment before New:
//
//	db, err := sql.Open("pgx", "postgres://app@db/app")
//	err = sqlstore.Migrate(ctx, db, sqlstore.PostgreSQL)
//	store, err := sqlstore.New(ctx, sqlstore.Config{DB: db, Dialect: sqlstore.PostgreSQL})
//
// # What is in the tables
//
// cofactor_account and cofactor_factor have a row for each user and for each factor, sealed; cofactor_redeemed has a key for each challenge, login and proof that was
// used, until it expires; cofactor_outbox has the events of changes until somebody fetches them. What decides that an answer is accepted once is a
// commit here, so it must be durable: PostgreSQL's synchronous_commit stays on, and a replica that may be promoted must be a synchronous one.
package sqlstore

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/cofactor-mfa/cofactor/factor"
	"github.com/cofactor-mfa/cofactor/internal/wire"
)

// Config is what a Store is made from.
type Config struct {
	DB      *sql.DB // required; stays the caller's to close
	Dialect Dialect // required
}

// Store keeps factors in a database.
type Store struct {
	db  *sql.DB
	sql statements
}

var (
	_ factor.Store    = (*Store)(nil)
	_ factor.Outbox   = (*Store)(nil)
	_ factor.Resealer = (*Store)(nil)
)

// New checks that the database has the schema that this version needs and settings that keep what is committed, and says in one line what to do if
// it has not.
func New(ctx context.Context, cfg Config) (*Store, error) {
	if cfg.DB == nil || (cfg.Dialect != PostgreSQL && cfg.Dialect != SQLite) {
		return nil, errors.New("sqlstore: Config.DB and Config.Dialect are required")
	}
	check := checkPostgres
	if cfg.Dialect == SQLite {
		check = checkSQLite
	}
	if err := checkSchema(ctx, cfg); err != nil {
		return nil, err
	}
	if err := check(ctx, cfg.DB); err != nil {
		return nil, err
	}
	return &Store{db: cfg.DB, sql: cfg.Dialect.statements()}, nil
}

// Load implements factor.Store, in one query.
func (s *Store) Load(ctx context.Context, tenant, user string) (factor.Snapshot, error) {
	if !text(tenant, user) {
		return factor.Snapshot{}, ctx.Err()
	}
	if s.sql.loadRecords != "" {
		snap, err := s.loadRecords(ctx, tenant, user)
		return snap, failed("load", err)
	}
	found, err := s.snapshots(ctx, s.sql.load, tenant, user)
	if err != nil || len(found) == 0 {
		return factor.Snapshot{}, failed("load", err)
	}
	return found[0], nil
}

// Find implements factor.Store.
func (s *Store) Find(ctx context.Context, tenant, kind, handle string) (factor.Factor, error) {
	if !text(tenant, kind, handle) {
		return factor.Factor{}, cmp.Or(ctx.Err(), factor.ErrNotFound)
	}
	var r row
	var f factor.Factor
	err := s.db.QueryRowContext(ctx, s.sql.find, kind, handle).Scan(append([]any{&f.Tenant, &f.UserID}, r.columns()...)...)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return factor.Factor{}, factor.ErrNowhere
	case err != nil:
		return factor.Factor{}, failed("find", err)
	case f.Tenant != tenant:
		return factor.Factor{}, factor.ErrNotFound
	}
	return r.factor(f.Tenant, f.UserID), nil
}

// Fail implements factor.Store.
func (s *Store) Fail(ctx context.Context, tenant, user, id string, _ time.Time) (int, error) {
	if !text(tenant, user, id) {
		return 0, cmp.Or(ctx.Err(), factor.ErrNotFound)
	}
	var failures int
	err := s.db.QueryRowContext(ctx, s.sql.fail, tenant, user, id).Scan(&failures)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, factor.ErrNotFound
	}
	return failures, failed("fail", err)
}

// Scan implements factor.Store. Accounts come in the order of tenant and user, byte for byte.
func (s *Store) Scan(ctx context.Context, p factor.Page) ([]factor.Snapshot, string, error) {
	tenant, user, err := factor.ParseCursor(p.After)
	if err != nil {
		return nil, "", err
	}
	if p.N < 1 || p.N > 10_000 {
		return nil, "", errors.New("sqlstore: Page.N must be 1 to 10,000")
	}
	if p.Tenant != nil && !text(*p.Tenant) {
		return nil, "", ctx.Err()
	}
	page, err := s.snapshots(ctx, s.sql.scan, tenant, user, p.N+1, p.Tenant)
	if err != nil || len(page) <= p.N {
		return page, "", failed("scan", err)
	}
	last := page[p.N-1].Account
	return page[:p.N], factor.Cursor(last.Tenant, last.UserID), nil
}

// snapshots reads the rows of a join, one for each factor, or one without for an account that has none.
func (s *Store) snapshots(ctx context.Context, query string, args ...any) ([]factor.Snapshot, error) {
	rows, err := s.db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var (
		found []factor.Snapshot
		a     factor.Account
		grace int64
		r     row // Scan copies what it reads, so each row may use it again.
	)
	into := append([]any{&a.Tenant, &a.UserID, &a.Handle, &a.Epoch, &a.Version, &grace, &a.DefaultFactor}, r.columns()...)
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return nil, err
		}
		a.GraceUntil = moment(grace)
		if n := len(found); n == 0 || found[n-1].Account.Tenant != a.Tenant || found[n-1].Account.UserID != a.UserID {
			found = append(found, factor.Snapshot{Account: a})
		}
		if r.id.Valid {
			last := &found[len(found)-1]
			if last.Factors == nil {
				last.Factors = make([]factor.Factor, 0, 4) // most people have no more
			}
			last.Factors = append(last.Factors, r.factor(a.Tenant, a.UserID))
		}
	}
	return found, rows.Err()
}

// row is the factor's half of a join: all of it NULL for an account without factors.
type row struct {
	id, kind, handle, label, hint                              sql.NullString
	data                                                       []byte
	created, lastUsed, failures, epoch, version, role, expires sql.NullInt64
	disabled                                                   sql.NullBool
}

func (r *row) columns() []any {
	return []any{
		&r.id, &r.kind, &r.handle, &r.label, &r.hint, &r.data, &r.created, &r.lastUsed, &r.failures, &r.disabled, &r.epoch, &r.version, &r.role,
		&r.expires,
	}
}

func (r *row) factor(tenant, user string) factor.Factor {
	if len(r.data) == 0 {
		r.data = nil // as in every store
	}
	return factor.Factor{
		Tenant: tenant, UserID: user, ID: r.id.String, Kind: r.kind.String, Handle: r.handle.String, Label: r.label.String, Hint: r.hint.String,
		Data: r.data, Created: moment(r.created.Int64), LastUsed: moment(r.lastUsed.Int64), Failures: int(r.failures.Int64),
		Disabled: r.disabled.Bool, Epoch: r.epoch.Int64, Version: r.version.Int64, Role: uint8(r.role.Int64), Expires: moment(r.expires.Int64),
	}
}

// text says that all of them can be in a row. PostgreSQL takes a name that cannot for a fault of the server, where nobody simply has it.
func text(names ...string) bool {
	for _, s := range names {
		if !utf8.ValidString(s) || strings.ContainsRune(s, 0) {
			return false
		}
	}
	return true
}

func milli(t time.Time) int64 { return int64(wire.Milli(t)) }

func moment(ms int64) time.Time { return wire.Time(uint64(max(ms, 0))) }
