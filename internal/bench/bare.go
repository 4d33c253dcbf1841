package main

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"time"

	"github.com/cofactor-mfa/cofactor/challenge"
	"github.com/cofactor-mfa/cofactor/factor"
)

// bare makes the calls that the registry makes of its two stores, and nothing else: nothing is sealed, shown, checked or decided. What the registry
// takes longer than this is its own; what this takes longer than the floor is the stores'.
type bare struct {
	stores
	caller *caller
}

var _ door = (*bare)(nil)

// sealedSize is about what a login's challenge takes when it is sealed.
const sealedSize = 150

func (b *bare) signIn(ctx context.Context, user int, kind string, answer func() []byte) (bool, error) {
	id := userID(user)
	if _, err := b.factors.Load(ctx, "", id); err != nil {
		return false, err
	}
	snap, err := b.factors.Load(ctx, "", id)
	if err != nil {
		return false, err
	}
	k, err := b.create(ctx, snap, kind)
	if err != nil {
		return false, err
	}
	b.caller.sent = "000000"
	answer()
	return b.settle(ctx, id, kind, k)
}

func (b *bare) create(ctx context.Context, snap factor.Snapshot, kind string) (challenge.Key, error) {
	k := challenge.Key{Tag: challenge.Tag(snap.Account.Handle), Hash: random(16)}
	r := challenge.Record{
		Sealed: make([]byte, sealedSize), Attempts: 5, Expires: b.caller.now.Add(5 * time.Minute),
		OnTry: []challenge.Spend{{Budget: "failures", Limit: 10, Window: 15 * time.Minute, Max: 24 * time.Hour}},
	}
	take := []challenge.Spend{{Budget: "begin", Limit: 100, Window: 10 * time.Minute, Max: time.Hour}}
	if kind == pagerKind {
		take = append(take, challenge.Spend{Budget: "send", Limit: 10, Window: time.Hour, Max: 24 * time.Hour},
			challenge.Spend{Budget: "wait pager", Limit: 1, Window: 30 * time.Second, Max: time.Hour})
	}
	_, err := b.challenges.Create(ctx, b.caller.now, k, r, take...)
	if err == nil && kind == pagerKind {
		address := challenge.Spend{Budget: "address", Limit: 5, Window: time.Hour, Max: 24 * time.Hour}
		err = b.challenges.Spend(ctx, b.caller.now, "u"+snap.Account.UserID, random(16), address)
	}
	return k, err
}

func (b *bare) settle(ctx context.Context, user, kind string, k challenge.Key) (bool, error) {
	try, now := random(16), b.caller.now
	if _, err := b.challenges.Attempt(ctx, now, k, try); err != nil {
		return false, err
	}
	snap, err := b.factors.Load(ctx, "", user)
	if err != nil {
		return false, err
	}
	c := factor.Change{UserID: user, Epoch: snap.Account.Epoch, At: now, Once: []factor.Once{spent(k.Hash, now), spent(try, now)}}
	for _, f := range snap.Factors {
		if f.Kind == kind {
			f.LastUsed = now
			c.Put = []factor.Factor{f}
		}
	}
	switch {
	case len(c.Put) == 0:
		return false, errors.New("no such factor")
	case b.caller.cell.wrong:
		_, err := b.factors.Fail(ctx, "", user, c.Put[0].ID, now)
		return false, err
	case kind == backupKind: // which the registry puts into the outbox
		c.Events = []factor.Event{{Queue: "events", Body: make([]byte, sealedSize)}}
	}
	if err := b.factors.Apply(ctx, c); err != nil {
		return false, err
	}
	return true, b.challenges.Redeem(ctx, now, k, try, "begin", "failures")
}

func spent(id string, now time.Time) factor.Once {
	return factor.Once{Key: sha256.Sum256([]byte(id)), Expires: now.Add(time.Hour)}
}

func random(n int) string {
	raw := make([]byte, n)
	_, _ = rand.Read(raw)
	return base64.RawURLEncoding.EncodeToString(raw)
}
