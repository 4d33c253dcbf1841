package registry

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/cofactor-mfa/cofactor/factor"
	"github.com/cofactor-mfa/cofactor/internal/seal"
)

// Keyed is an optional ability of an AEAD: to say which of its keys sealed something. A keyset.Keyset has it. Without it every row counts as sealed by a key without a
// name, and is sealed again each time.
type Keyed = seal.Keyed

// Rewrap says which rows to seal again under the key that seals now, and how fast.
type Rewrap struct {
	Tenant *string // nil for all tenants
	After  string  // Progress.Next of the step before; "" to begin
	N      int     // accounts in this step: 1 to 10,000, by default 1,000
	Rate   int     // rows a second that are written at most: up to 1,000,000; 0 is as fast as it goes
	Actor  string  // who has it done, and
	Reason string  // why: required, as in a Deed
}

// Progress is what one step has found and done.
type Progress struct {
	Next      string         // where the next step begins; "" when there is nothing left
	Accounts  int            // looked at
	Rows      int            // looked at
	Rewrapped int            // sealed again
	Meanwhile int            // left as they are, because somebody wrote them in the meantime; they are sealed by the key of whoever did
	Keys      map[string]int // the rows, by the key that sealed them when they were found
	Unopened  []Unopened     // the rows that no key opens: they are as they were
}

// Unopened is a row that does not open. Err says why: it wraps the AEAD's error, which for a keyset is keyset.ErrUnknownKey if the key that sealed it was removed too
// early, or keyset.ErrForged. The factor cannot be used until its key is back. // attack
type Unopened struct {
	Tenant, User, Factor string
	Key                  string
	Err                  error
}

// Add counts another step in.
func (p *Progress) Add(step Progress) {
	p.Next = step.Next
	p.Accounts, p.Rows, p.Rewrapped, p.Meanwhile = p.Accounts+step.Accounts, p.Rows+step.Rows, p.Rewrapped+step.Rewrapped, p.Meanwhile+step.Meanwhile
	if p.Keys == nil {
		p.Keys = map[string]int{}
	}
	for k, n := range step.Keys {
		p.Keys[k] += n
	}
	p.Unopened = append(p.Unopened, step.Unopened...)
}

// Rewrap makes one step: it seals the factors of the next N accounts again, under the key that seals now. Users notice nothing: no epoch moves, a login in between wins, and
// a row that does not open is reported and left alone. A step that fails or is cancelled is made again from where it began; rows that it has sealed are
// not sealed twice. Every key has to open until a whole pass of Keys finds no row under those that are to be removed. // attack: A-122
func (a Admin) Rewrap(ctx context.Context, w Rewrap) (Progress, error) {
	c := a.r.call("rewrap", Who{})
	defer c.trace(&ctx)()
	p, rows, next, err := a.r.look(ctx, c, &w)
	if err != nil {
		return p, err
	}
	size := factor.MaxReseal
	if w.Rate > 0 {
		size = min(size, max(1, w.Rate/10))
	}
	for batch := range slices.Chunk(rows, size) {
		wait := pace(len(batch), w.Rate)
		n, err := a.r.reseal(ctx, c.now, batch)
		p.Rewrapped, p.Meanwhile = p.Rewrapped+n, p.Meanwhile+len(batch)-n
		if err == nil {
			err = wait(ctx)
		}
		if err != nil {
			return p, c.fail(ctx, ErrUnavailable, err.Error())
		}
	}
	return a.r.looked(ctx, c, p, next)
}

// Keys makes the same step without writing anything, and so counts the rows that each key seals.
func (a Admin) Keys(ctx context.Context, w Rewrap) (Progress, error) {
	c := a.r.call("keys", Who{})
	defer c.trace(&ctx)()
	p, _, next, err := a.r.look(ctx, c, &w)
	if err != nil {
		return p, err
	}
	return a.r.looked(ctx, c, p, next)
}

// resealing is a row that another key has sealed than the one that seals now, opened.
type resealing struct {
	factor.Factor
	plain []byte
	epoch int64 // of its account
}

// look reads a page of accounts, counts their rows by key, and returns those that are to be sealed again.
func (r *Registry) look(ctx context.Context, c *call, w *Rewrap) (p Progress, rows []resealing, next string, err error) {
	p = Progress{Next: w.After, Keys: map[string]int{}}
	setDefault(&w.N, 1000)
	if w.N < 1 || w.N > 10_000 || w.Rate < 0 || w.Rate > 1_000_000 || w.Actor == "" || !validID(w.Actor) || w.Reason == "" || !validID(w.Reason) ||
		(w.Tenant != nil && !validID(*w.Tenant)) {
		return p, nil, "", c.fail(ctx, ErrInvalid, "malformed request: an actor and a reason are required")
	}
	c.actor, c.note = w.Actor, w.Reason
	if w.Tenant != nil {
		c.tenant = *w.Tenant
	}
	type page struct {
		accounts []factor.Snapshot
		next     string
	}
	where := factor.Page{Tenant: w.Tenant, After: w.After, N: w.N}
	got, err := guarded(ctx, r.cfg.FinishTimeout, func(ctx context.Context) (p page, err error) {
		p.accounts, p.next, err = r.cfg.Factors.Scan(ctx, where)
		return p, err
	})
	if err != nil {
		return p, nil, "", c.fail(ctx, ErrUnavailable, err.Error())
	}
	keyed, _ := r.cfg.AEAD.(Keyed)
	p.Accounts = len(got.accounts)
	for _, s := range got.accounts {
		for _, f := range s.Factors {
			id, sealing := "", false
			if keyed != nil {
				id, sealing = keyed.KeyOf(f.Data)
			}
			p.Rows++
			p.Keys[id]++
			opened, err := r.open(f)
			switch {
			case err != nil:
				p.Unopened = append(p.Unopened, Unopened{Tenant: f.Tenant, User: f.UserID, Factor: f.ID, Key: id, Err: err})
			case !sealing:
				rows = append(rows, resealing{f, opened.Data, s.Account.Epoch})
			}
		}
	}
	return p, rows, got.next, nil
}

// looked ends a step.
func (r *Registry) looked(ctx context.Context, c *call, p Progress, next string) (Progress, error) {
	p.Next = next
	c.done(ctx, fmt.Sprintf("%d rows, %d sealed again, %d do not open", p.Rows, p.Rewrapped, len(p.Unopened)))
	return p, nil
}

// reseal writes rows that nobody has written since they were read, and returns how many that were.
func (r *Registry) reseal(ctx context.Context, now time.Time, rows []resealing) (int, error) {
	fs := make([]factor.Factor, len(rows))
	for i, row := range rows {
		var err error
		if fs[i], err = r.sealed(row.Factor, row.plain); err != nil {
			return 0, err
		}
	}
	many, ok := r.cfg.Factors.(factor.Resealer)
	if !ok {
		return r.resealEach(ctx, now, rows, fs)
	}
	for range maxWrites { // a deadlock with a user's own change has undone all of it
		n, err := guarded(ctx, r.cfg.FinishTimeout, func(ctx context.Context) (int, error) { return many.Reseal(ctx, fs) })
		if !errors.Is(err, factor.ErrConflict) {
			return n, err
		}
	}
	return 0, factor.ErrConflict
}

// resealEach is for stores that cannot write many rows at once.
func (r *Registry) resealEach(ctx context.Context, now time.Time, rows []resealing, fs []factor.Factor) (written int, err error) {
	for i, f := range fs {
		err := r.apply(ctx, factor.Change{Tenant: f.Tenant, UserID: f.UserID, Epoch: rows[i].epoch, Put: []factor.Factor{f}, At: now})
		switch {
		case err == nil:
			written++
		case !errors.Is(err, factor.ErrConflict):
			return written, err
		}
	}
	return written, nil
}

// pace begins to count the time that so many rows may take, and returns what waits for its end.
func pace(rows, rate int) func(context.Context) error {
	if rate == 0 {
		return func(ctx context.Context) error { return ctx.Err() }
	}
	timer := time.NewTimer(time.Duration(rows) * time.Second / time.Duration(rate))
	return func(ctx context.Context) error {
		defer timer.Stop()
		select {
		case <-timer.C:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
