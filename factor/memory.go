package factor

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/cofactor-mfa/cofactor/internal/wire"
)

// Memory is a Store and an Outbox in memory, for demos and tests: one process, and gone with it.
type Memory struct {
	mu      sync.Mutex
	users   map[user]Snapshot
	handles map[handle]user
	spent   map[[32]byte]time.Time
	outbox  []leased // by ID
	lastID  int64
}

type (
	user   struct{ tenant, id string }
	handle struct{ kind, handle string }
	leased struct {
		Event
		until time.Time
	}
)

var (
	_ Store    = (*Memory)(nil)
	_ Outbox   = (*Memory)(nil)
	_ Resealer = (*Memory)(nil)
)

// NewMemory returns an empty store.
func NewMemory() *Memory {
	return &Memory{users: map[user]Snapshot{}, handles: map[handle]user{}, spent: map[[32]byte]time.Time{}}
}

// Load implements Store.
func (m *Memory) Load(ctx context.Context, tenant, id string) (Snapshot, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return Snapshot{}, err
	}
	return own(m.users[user{tenant, id}]), nil
}

// Apply implements Store. It works on a copy of the user's rows, so that a change that fails half-way has done nothing.
func (m *Memory) Apply(ctx context.Context, c Change) error {
	if err := c.Validate(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	for _, o := range c.Once {
		if _, spent := m.spent[o.Key]; spent {
			return ErrSpent
		}
	}
	u := user{c.Tenant, c.UserID}
	before := m.users[u]
	after, err := changed(own(before), c)
	if err != nil {
		return err
	}
	if !m.takeHandles(u, before.Factors, after.Factors) {
		return ErrExists
	}
	m.users[u] = after
	if c.Erase {
		delete(m.users, u)
	}
	for _, o := range c.Once {
		m.spent[o.Key] = o.Expires
	}
	for _, e := range c.Events {
		m.lastID++
		m.outbox = append(m.outbox, leased{Event: Event{ID: m.lastID, Queue: e.Queue, At: whole(c.At), Body: cloned(e.Body)}})
	}
	return nil
}

// changed makes the change to one user's rows.
func changed(s Snapshot, c Change) (Snapshot, error) {
	if s.Account.Epoch != c.Epoch {
		return s, ErrConflict
	}
	if c.Erase {
		return Snapshot{}, nil
	}
	if a := c.Account; a != nil {
		if a.Version != s.Account.Version {
			return s, ErrConflict
		}
		handle := s.Account.Handle
		s.Account = *a
		s.Account.Version++
		if a.Version > 0 {
			s.Account.Handle = handle
		}
	}
	for _, f := range c.Delete {
		i := slices.IndexFunc(s.Factors, func(have Factor) bool { return have.ID == f.ID && have.Version == f.Version })
		if i < 0 {
			return s, ErrConflict
		}
		s.Factors = slices.Delete(s.Factors, i, i+1)
	}
	for _, f := range c.Put {
		i := slices.IndexFunc(s.Factors, func(have Factor) bool { return have.ID == f.ID })
		switch {
		case i < 0 && f.Version == 0:
			s.Factors = append(s.Factors, f)
			i = len(s.Factors) - 1
		case i < 0 || s.Factors[i].Version != f.Version:
			return s, ErrConflict
		default:
			f.Kind, f.Handle, f.Created = s.Factors[i].Kind, s.Factors[i].Handle, s.Factors[i].Created
			f.Role, f.Expires = s.Factors[i].Role, s.Factors[i].Expires
			s.Factors[i] = f
		}
		s.Factors[i].Version++
	}
	s = own(s) // first, because two times of one millisecond are one
	slices.SortFunc(s.Factors, func(a, b Factor) int {
		return cmp.Or(a.Created.Compare(b.Created), cmp.Compare(a.ID, b.ID))
	})
	return s, nil
}

// takeHandles moves the user's handles from what was to what is, unless one of them is somebody's. // attack: A-103
func (m *Memory) takeHandles(u user, before, after []Factor) bool {
	mine := map[handle]bool{}
	for _, f := range before {
		mine[handle{f.Kind, f.Handle}] = true
	}
	next := map[handle]bool{}
	for _, f := range after {
		h := handle{f.Kind, f.Handle}
		if f.Handle == "" {
			continue
		}
		if _, taken := m.handles[h]; (taken && !mine[h]) || next[h] {
			return false
		}
		next[h] = true
	}
	for h := range mine {
		delete(m.handles, h)
	}
	for h := range next {
		m.handles[h] = u
	}
	return true
}

// Find implements Store.
func (m *Memory) Find(ctx context.Context, tenant, kind, name string) (Factor, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return Factor{}, err
	}
	u, ok := m.handles[handle{kind, name}]
	switch {
	case !ok:
		return Factor{}, ErrNowhere
	case u.tenant != tenant:
		return Factor{}, ErrNotFound
	}
	for _, f := range own(m.users[u]).Factors {
		if f.Kind == kind && f.Handle == name {
			return f, nil
		}
	}
	return Factor{}, ErrNotFound
}

// Fail implements Store.
func (m *Memory) Fail(ctx context.Context, tenant, id, factorID string, _ time.Time) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	fs := m.users[user{tenant, id}].Factors
	for i := range fs {
		if fs[i].ID == factorID {
			fs[i].Failures++
			fs[i].Version++
			return fs[i].Failures, nil
		}
	}
	return 0, ErrNotFound
}

// Reseal implements Resealer.
func (m *Memory) Reseal(ctx context.Context, fs []Factor) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := ctx.Err(); err != nil || len(fs) > MaxReseal {
		return 0, cmp.Or(err, errors.New("factor: too many factors to reseal at once"))
	}
	written := 0
	for _, f := range fs {
		rows := m.users[user{f.Tenant, f.UserID}].Factors
		if i := slices.IndexFunc(rows, func(have Factor) bool { return have.ID == f.ID && have.Version == f.Version }); i >= 0 {
			rows[i].Data = cloned(f.Data)
			rows[i].Version++
			written++
		}
	}
	return written, nil
}

// own is a copy that shares nothing.
func own(s Snapshot) Snapshot {
	s.Account.Handle = bytes.Clone(s.Account.Handle)
	s.Account.GraceUntil = whole(s.Account.GraceUntil)
	s.Factors = slices.Clone(s.Factors)
	if len(s.Factors) == 0 {
		s.Factors = nil // also where the last one was removed
	}
	for i := range s.Factors {
		f := &s.Factors[i]
		f.Data, f.Created, f.LastUsed, f.Expires = cloned(f.Data), whole(f.Created), whole(f.LastUsed), whole(f.Expires)
	}
	return s
}

// cloned is nil for what is empty: a database cannot tell the two apart.
func cloned(b []byte) []byte { return append([]byte(nil), b...) }

// whole is the time as every store keeps it.
func whole(t time.Time) time.Time { return wire.Time(wire.Milli(t)) }
