package sqlstore

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/cofactor-mfa/cofactor/factor"
)

// Next implements factor.Outbox. Readers of several replicas share the work: each gets what no other has leased.
func (s *Store) Next(ctx context.Context, now time.Time, l factor.Lease) ([]factor.Event, error) {
	if !text(l.Queue) {
		return nil, ctx.Err()
	}
	rows, err := s.db.QueryContext(ctx, s.sql.next, milli(now.Add(l.For)), l.Queue, milli(now), max(l.N, 0))
	if err != nil {
		return nil, failed("next", err)
	}
	defer func() { _ = rows.Close() }()
	var events []factor.Event
	for rows.Next() {
		var e factor.Event
		var at int64
		if err := rows.Scan(&e.ID, &e.Queue, &at, &e.Body); err != nil {
			return nil, failed("next", err)
		}
		e.At, e.Body = moment(at), append([]byte(nil), e.Body...) // nil if it is empty, as in every store
		events = append(events, e)
	}
	if err := rows.Err(); err != nil {
		return nil, failed("next", err)
	}
	slices.SortFunc(events, func(a, b factor.Event) int { return cmp.Compare(a.ID, b.ID) })
	return events, nil
}

// Later implements factor.Outbox.
func (s *Store) Later(ctx context.Context, until time.Time, ids ...int64) error {
	for _, id := range ids {
		if _, err := s.db.ExecContext(ctx, s.sql.later, milli(until), id); err != nil {
			return failed("later", err)
		}
	}
	return nil
}

// Done implements factor.Outbox.
func (s *Store) Done(ctx context.Context, ids ...int64) error {
	for _, id := range ids {
		if _, err := s.db.ExecContext(ctx, s.sql.done, id); err != nil {
			return failed("done", err)
		}
	}
	return nil
}

// Prune implements factor.Store. Any number of replicas may call it at once.
func (s *Store) Prune(ctx context.Context, now time.Time, n int) (int, error) {
	removed := 0
	for statement, before := range map[string]time.Time{s.sql.pruneOnce: now, s.sql.pruneOutbox: now.Add(-factor.OutboxLife)} {
		res, err := s.db.ExecContext(ctx, statement, milli(before), max(n, 0)) // SQLite takes a negative limit for none
		if err != nil {
			return removed, failed("prune", err)
		}
		rows, err := res.RowsAffected()
		if err != nil {
			return removed, failed("prune", err)
		}
		removed += int(rows)
	}
	return removed, nil
}
