package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/cofactor-mfa/cofactor/factor"
)

// Apply implements factor.Store. A login's change is one statement where the database can do that, and any other is one transaction.
func (s *Store) Apply(ctx context.Context, c factor.Change) error {
	if err := c.Validate(); err != nil {
		return err
	}
	var err error
	if s.isLogin(c) {
		err = s.login(ctx, c)
	} else {
		err = s.transact(ctx, c)
	}
	if errors.Is(err, factor.ErrConflict) || errors.Is(err, factor.ErrExists) {
		return s.spentFirst(ctx, c, err)
	}
	return err
}

// isLogin says whether the change is what a login makes: one known factor, what it spends, and at most one event.
func (s *Store) isLogin(c factor.Change) bool {
	return len(c.Once) < len(s.sql.login) && len(c.Events) < len(s.sql.login[0]) && s.sql.login[len(c.Once)][len(c.Events)] != "" && len(c.Put) == 1 && c.Put[0].Version > 0 &&
		c.Account == nil && len(c.Delete) == 0 && !c.Erase
}

func (s *Store) login(ctx context.Context, c factor.Change) error {
	args := append(updateArgs(c.Put[0]), c.Epoch)
	for _, o := range c.Once {
		args = append(args, o.Key[:], milli(o.Expires))
	}
	for _, e := range c.Events {
		args = append(args, e.Queue, milli(c.At), notNil(e.Body))
	}
	var changed int
	err := s.db.QueryRowContext(ctx, s.sql.login[len(c.Once)][len(c.Events)], args...).Scan(&changed)
	switch {
	case isUnique(err):
		return factor.ErrSpent
	case err != nil:
		return failed("apply", err)
	case changed != 1:
		return factor.ErrConflict
	}
	return nil
}

// transact takes the account's row first, so that all changes of a user wait for each other in the same order.
func (s *Store) transact(ctx context.Context, c factor.Change) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return failed("apply", err)
	}
	defer func() { _ = tx.Rollback() }() // of a transaction that is committed it does nothing
	for _, step := range []func(context.Context, *sql.Tx, factor.Change) error{s.account, s.factors, s.once, s.events} {
		if err := step(ctx, tx, c); err != nil {
			return err
		}
	}
	return failed("apply", tx.Commit())
}

// account checks the epoch, holds the row, and writes it.
func (s *Store) account(ctx context.Context, tx *sql.Tx, c factor.Change) error {
	a := c.Account
	if c.Epoch == 0 {
		return one(tx.ExecContext(ctx, s.sql.insertAccount, a.Tenant, a.UserID, a.Handle, a.Epoch, milli(a.GraceUntil), a.DefaultFactor))
	}
	lock := s.sql.share
	if a != nil || c.Erase {
		lock = s.sql.lock
	}
	var epoch, version int64
	err := tx.QueryRowContext(ctx, lock, c.Tenant, c.UserID).Scan(&epoch, &version)
	switch {
	case errors.Is(err, sql.ErrNoRows), err == nil && epoch != c.Epoch:
		return factor.ErrConflict
	case err != nil:
		return failed("apply", err)
	case c.Erase:
		return one(tx.ExecContext(ctx, s.sql.eraseAccount, c.Tenant, c.UserID))
	case a == nil:
		return nil
	}
	return one(tx.ExecContext(ctx, s.sql.updateAccount, a.Tenant, a.UserID, a.Epoch, milli(a.GraceUntil), a.DefaultFactor, a.Version))
}

// factors deletes before it writes, so that a handle may pass from the old factor to the new one.
func (s *Store) factors(ctx context.Context, tx *sql.Tx, c factor.Change) error {
	if c.Erase {
		_, err := tx.ExecContext(ctx, s.sql.eraseFactors, c.Tenant, c.UserID)
		return failed("apply", err)
	}
	for _, f := range c.Delete {
		if err := one(tx.ExecContext(ctx, s.sql.deleteFactor, f.Tenant, f.UserID, f.ID, f.Version)); err != nil {
			return err
		}
	}
	for _, f := range c.Put {
		var err error
		if f.Version > 0 {
			err = one(tx.ExecContext(ctx, s.sql.updateFactor, updateArgs(f)...))
		} else {
			err = one(tx.ExecContext(ctx, s.sql.insertFactor, insertArgs(f)...))
		}
		if isUnique(err) { // the id is no conflict of this kind, so it was the handle // attack: A-103
			return factor.ErrExists
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) once(ctx context.Context, tx *sql.Tx, c factor.Change) error {
	for _, o := range c.Once {
		res, err := tx.ExecContext(ctx, s.sql.insertOnce, o.Key[:], milli(o.Expires))
		if err != nil {
			return failed("apply", err) // which may be a conflict: then nothing is known of the key
		}
		if n, err := res.RowsAffected(); err != nil || n != 1 {
			return errors.Join(factor.ErrSpent, err)
		}
	}
	return nil
}

func (s *Store) events(ctx context.Context, tx *sql.Tx, c factor.Change) error {
	for _, e := range c.Events {
		if _, err := tx.ExecContext(ctx, s.sql.insertEvent, e.Queue, milli(c.At), notNil(e.Body)); err != nil {
			return failed("apply", err)
		}
	}
	return nil
}

// spentFirst looks for what was spent by whoever got in the way. It is asked afterwards, because a statement that waited for another one still
// sees the keys as they were before it waited.
func (s *Store) spentFirst(ctx context.Context, c factor.Change, otherwise error) error {
	for _, o := range c.Once {
		var n int
		if err := s.db.QueryRowContext(ctx, s.sql.spent, o.Key[:]).Scan(&n); err != nil {
			return failed("apply", err)
		}
		if n > 0 {
			return factor.ErrSpent
		}
	}
	return otherwise
}

// one is a conflict unless the statement changed one row.
func one(res sql.Result, err error) error {
	if err != nil {
		return failed("apply", err)
	}
	if n, err := res.RowsAffected(); err != nil || n != 1 {
		return errors.Join(factor.ErrConflict, err)
	}
	return nil
}

func insertArgs(f factor.Factor) []any {
	return []any{
		f.Tenant, f.UserID, f.ID, f.Kind, f.Handle, f.Label, f.Hint, notNil(f.Data), milli(f.Created), milli(f.LastUsed),
		f.Failures, f.Disabled, f.Epoch, int64(f.Role), milli(f.Expires),
	}
}

func updateArgs(f factor.Factor) []any {
	return []any{f.Tenant, f.UserID, f.ID, f.Label, f.Hint, notNil(f.Data), milli(f.LastUsed), f.Failures, f.Disabled, f.Epoch, f.Version}
}

// notNil keeps an empty value from becoming NULL.
func notNil(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

// failed says what failed. A transaction that the database gave up in favour of another one is a conflict like any other.
func failed(op string, err error) error {
	switch {
	case err == nil:
		return nil
	case isAborted(err):
		return fmt.Errorf("%w: %w", factor.ErrConflict, err)
	}
	return fmt.Errorf("sqlstore: %s: %w", op, err)
}

// isUnique says that a unique index refused a row. Drivers tell it in their own ways, and none of them is imported here.
func isUnique(err error) bool {
	var postgres interface{ SQLState() string }
	if errors.As(err, &postgres) {
		return postgres.SQLState() == "23505"
	}
	var sqlite interface{ Code() int }
	if errors.As(err, &sqlite) {
		return sqlite.Code() == 2067 || sqlite.Code() == 1555 // SQLITE_CONSTRAINT_UNIQUE, _PRIMARYKEY
	}
	return false
}

// isAborted says that the transaction lost a deadlock or could not be serialized.
func isAborted(err error) bool {
	var postgres interface{ SQLState() string }
	return errors.As(err, &postgres) && (postgres.SQLState() == "40001" || postgres.SQLState() == "40P01")
}
