package factor

import (
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"slices"
	"time"

	"github.com/cofactor-mfa/cofactor/internal/wire"
)

// OutboxLife is how long an event waits for somebody to fetch it before Prune removes it.
const OutboxLife = 30 * 24 * time.Hour

// Cursor is where a Scan goes on: after this user. Stores share the encoding.
func Cursor(tenant, user string) string {
	return base64.RawURLEncoding.EncodeToString(wire.AppendString(wire.AppendString(nil, tenant), user))
}

// ParseCursor reads what Cursor wrote; "" is before everybody.
func ParseCursor(after string) (tenant, user string, err error) {
	if after == "" {
		return "", "", nil
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(after)
	if err != nil {
		return "", "", errors.New("factor: Page.After is not what Scan returned")
	}
	r := wire.Read(b)
	tenant, user = r.String(maxText), r.String(maxText)
	if r.Done() != nil || user == "" || !plain(tenant) || !plain(user) {
		return "", "", errors.New("factor: Page.After is not what Scan returned")
	}
	return tenant, user, nil
}

// Scan implements Store.
func (m *Memory) Scan(ctx context.Context, p Page) ([]Snapshot, string, error) {
	tenant, id, err := ParseCursor(p.After)
	if err != nil {
		return nil, "", err
	}
	if p.N < 1 || p.N > 10_000 {
		return nil, "", errors.New("factor: Page.N must be 1 to 10,000")
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return nil, "", err
	}
	var found []user
	for u := range m.users {
		if byName(u, user{tenant, id}) > 0 && (p.Tenant == nil || *p.Tenant == u.tenant) {
			found = append(found, u)
		}
	}
	slices.SortFunc(found, byName)
	next := ""
	if len(found) > p.N {
		found = found[:p.N]
		next = Cursor(found[p.N-1].tenant, found[p.N-1].id)
	}
	page := make([]Snapshot, len(found))
	for i, u := range found {
		page[i] = own(m.users[u])
	}
	return page, next, nil
}

func byName(a, b user) int {
	return cmp.Or(cmp.Compare(a.tenant, b.tenant), cmp.Compare(a.id, b.id))
}

// Prune implements Store.
func (m *Memory) Prune(ctx context.Context, now time.Time, n int) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	removed := 0
	for key, expires := range m.spent {
		if removed < n && !expires.After(now) {
			delete(m.spent, key)
			removed++
		}
	}
	old := 0
	m.outbox = slices.DeleteFunc(m.outbox, func(e leased) bool {
		if old >= n || !e.until.IsZero() || !e.At.Before(now.Add(-OutboxLife)) {
			return false
		}
		old++
		return true
	})
	return removed + old, nil
}

// Next implements Outbox.
func (m *Memory) Next(ctx context.Context, now time.Time, l Lease) ([]Event, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	var events []Event
	for i := range m.outbox {
		if e := &m.outbox[i]; len(events) < l.N && e.Queue == l.Queue && !e.until.After(now) {
			e.until = whole(now.Add(l.For))
			events = append(events, Event{ID: e.ID, Queue: e.Queue, At: e.At, Body: cloned(e.Body)})
		}
	}
	return events, nil
}

// Later implements Outbox.
func (m *Memory) Later(ctx context.Context, until time.Time, ids ...int64) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	for i := range m.outbox {
		if e := &m.outbox[i]; slices.Contains(ids, e.ID) {
			e.until = whole(until)
		}
	}
	return nil
}

// Done implements Outbox.
func (m *Memory) Done(ctx context.Context, ids ...int64) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	m.outbox = slices.DeleteFunc(m.outbox, func(e leased) bool { return slices.Contains(ids, e.ID) })
	return nil
}
