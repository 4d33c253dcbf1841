package main

import (
	"context"
	"errors"
	"sync"

	"github.com/jackc/pgx/v5"
)

// table is one to be filled, with so many rows for each person.
type table struct {
	name    string
	columns []string
	rows    func(user int) ([][]any, error)
}

// enrol makes the rows of everybody as they were on the first day, and forgets what was spent.
func (s *site) enrol(ctx context.Context) error {
	if _, err := s.pool.Exec(ctx, "TRUNCATE floor_factor, floor_spent, "+oursEmptied); err != nil {
		return err
	}
	if err := s.fillAll(ctx, append(s.oursTables(), s.floorTable())); err != nil {
		return err
	}
	s.people.reset()
	// In life the planner knows its tables, and what was written at enrolment was written out long ago.
	_, err := s.pool.Exec(ctx, "VACUUM ANALYZE")
	if err == nil && s.people.n > few {
		_, err = s.pool.Exec(ctx, "CHECKPOINT")
	}
	return err
}

// fillAll fills all tables at the same time.
func (s *site) fillAll(ctx context.Context, tables []table) error {
	faults := make([]error, len(tables))
	var all sync.WaitGroup
	for i, t := range tables {
		all.Go(func() { faults[i] = s.fill(ctx, t) })
	}
	all.Wait()
	return errors.Join(faults...)
}

// fill copies the rows of everybody into a table.
func (s *site) fill(ctx context.Context, t table) error {
	user := 0
	var ahead [][]any
	next := func() ([]any, error) {
		if len(ahead) == 0 {
			if user == s.people.n {
				return nil, nil // No row and no error is how CopyFromFunc ends.
			}
			var err error
			if ahead, err = t.rows(user); err != nil {
				return nil, err
			}
			user++
		}
		row := ahead[0]
		ahead = ahead[1:]
		return row, nil
	}
	n, err := s.pool.CopyFrom(ctx, pgx.Identifier{t.name}, t.columns, pgx.CopyFromFunc(next))
	if err == nil && n < int64(s.people.n) {
		err = errors.New("rows are missing in " + t.name)
	}
	return err
}

func (s *site) floorTable() table {
	rows := func(user int) ([][]any, error) {
		list, err := s.people.floorRows(user)
		out := make([][]any, len(list))
		for i, r := range list {
			out[i] = []any{r.user, r.kind, r.sealed}
		}
		return out, err
	}
	return table{"floor_factor", []string{"user_id", "kind", "sealed"}, rows}
}

const oursEmptied = "cofactor_account, cofactor_factor, cofactor_redeemed, cofactor_outbox"

// oursTables are filled past the store, which would write each person in a transaction; a test compares the two.
func (s *site) oursTables() []table {
	accounts := func(user int) ([][]any, error) {
		a := s.people.account(user)
		return [][]any{{a.Tenant, a.UserID, a.Handle, a.Epoch, a.Version, int64(0), a.DefaultFactor}}, nil
	}
	factors := func(user int) ([][]any, error) {
		list, err := s.people.factors(user)
		out := make([][]any, len(list))
		for i, f := range list {
			out[i] = []any{
				f.Tenant, f.UserID, f.ID, f.Kind, f.Handle, f.Label, f.Hint, f.Data, f.Created.UnixMilli(), int64(0), f.Failures, f.Disabled, f.Epoch, f.Version,
				f.Role, int64(0),
			}
		}
		return out, err
	}
	return []table{
		{"cofactor_account", []string{"tenant", "user_id", "handle", "epoch", "version", "grace_until", "default_factor"}, accounts},
		{"cofactor_factor", []string{
			"tenant", "user_id", "id", "kind", "handle", "label", "hint", "data", "created", "last_used", "failures", "disabled", "epoch", "version",
			"role", "expires",
		}, factors},
	}
}
