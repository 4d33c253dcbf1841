package challenge_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/cofactor-mfa/cofactor/challenge"
	"github.com/cofactor-mfa/cofactor/internal/seal"
)

var text = base64.RawURLEncoding

func TestWhatWasIssuedComesBack(t *testing.T) {
	ctx, i := context.Background(), issuer(t, challenge.NewMemory())
	lock := challenge.Spend{Budget: "failures", Limit: 3, Window: time.Minute, Max: time.Hour}
	issued, err := i.Issue(ctx, noon, tag, full(), challenge.Record{Attempts: 2, OnTry: []challenge.Spend{lock}}, lock)
	if err != nil || issued.Attempts != 2 || !issued.Expires.Equal(full().Expires) {
		t.Fatalf("Issue: %+v, %v", issued, err)
	}
	id := issued.ID
	if got, err := i.Get(ctx, noon, id, "g"); err != nil || !reflect.DeepEqual(got.Challenge, full()) || got.Attempts != 2 {
		t.Errorf("Get: %+v, %v", got, err)
	}
	got, err := i.Attempt(ctx, noon, id, "a")
	if err != nil || !reflect.DeepEqual(got.Challenge, full()) || got.Attempts != 1 {
		t.Errorf("Attempt: %+v, %v", got, err)
	}
	if err := i.Release(ctx, noon, id, "a"); err != nil {
		t.Errorf("Release: %v", err)
	}
	if _, err := i.Attempt(ctx, noon, id, "b"); err != nil {
		t.Errorf("Attempt: %v", err)
	}
	if err := i.Redeem(ctx, noon, id, "b", "failures"); err != nil {
		t.Errorf("Redeem: %v", err)
	}
	isGone(t, "Redeem by another try", i.Redeem(ctx, noon, id, "a"))
	_, err = i.Attempt(ctx, noon, id, "c")
	isGone(t, "Attempt after Redeem", err)
}

func TestAnIssuerNeedsBoth(t *testing.T) {
	if _, err := challenge.NewIssuer(nil, glass{}); err == nil {
		t.Error("an Issuer without a store was made")
	}
	if _, err := challenge.NewIssuer(challenge.NewMemory(), nil); err == nil {
		t.Error("an Issuer without an AEAD was made")
	}
}

func TestATagIsADigest(t *testing.T) {
	i := issuer(t, challenge.NewMemory())
	for _, bad := range []string{"", "user", tag[:11], tag + "A", strings.Repeat("*", 12), "AAAAAAAAAAA\n"} {
		if _, err := i.Issue(context.Background(), noon, bad, full(), challenge.Record{Attempts: 1}); err == nil {
			t.Errorf("Issue took %q for a tag", bad)
		}
	}
	if challenge.Tag([]byte("a")) == challenge.Tag([]byte("b")) || len(tag) != 12 {
		t.Errorf("a tag is 12 characters that differ by handle: %q", tag)
	}
}

func TestTheStoreLearnsNeitherIdNorUser(t *testing.T) {
	s := newSpy()
	id := issue(t, issuer(t, s), full())
	raw, err := text.DecodeString(id[1:])
	if err != nil {
		t.Fatal(err)
	}
	secret := raw[9:]
	for _, k := range s.keys {
		hash, err := text.DecodeString(k.Hash)
		if err != nil || len(hash) != 16 || len(k.Hash) != 22 || k.Tag != tag {
			t.Errorf("a key is the tag and 16 bytes: %+v, %v", k, err)
		}
		if strings.Contains(id, k.Hash) || bytes.HasPrefix(secret, hash) || bytes.Contains(secret, hash) {
			t.Errorf("the store's key %q gives away a part of the id %q", k.Hash, id)
		}
	}
	if len(s.keys) != 1 {
		t.Errorf("one challenge was stored under %d keys", len(s.keys))
	}
}

func TestIdsDiffer(t *testing.T) {
	i, seen := issuer(t, challenge.NewMemory()), map[string]bool{}
	for range 100 {
		id := issue(t, i, full())
		if seen[id] || len(id) != 56 || id[0] != '1' {
			t.Fatalf("id %q", id)
		}
		seen[id] = true
	}
}

// attack: A-159
func TestGarbageIsGone(t *testing.T) {
	ctx, s := context.Background(), newSpy()
	i := issuer(t, s)
	id := issue(t, i, full())
	s.keys = nil
	flipped := []byte(id)
	flipped[30] ^= 1
	bad := map[string]string{
		"nothing": "", "a digit": "1", "another digit": "2", "an unknown kind": "2" + id[1:], "short": id[:55], "long": id + "A", "two ids": id + id,
		"a space before": " " + id, "a space behind": id + " ", "padding": id + "=", "not base64url": "1" + strings.Repeat("+", 55), "NUL": "1" + strings.Repeat("\x00", 55),
		"a megabyte": "1" + strings.Repeat("A", 1<<20), "a megabyte of the other kind": "0" + strings.Repeat("A", 1<<20), "a carried nothing": "0", "a carried byte": "0AA",
		"a line break inside": id[:20] + "\n" + id[21:], "a line break more": id[:20] + "\n" + id[20:], "a carriage return more": id[:20] + "\r" + id[20:],
		"a line break at the end": id + "\n", "line breaks and the same length": id[:54] + "\n\n",
	}
	for what, id := range bad {
		_, err := i.Attempt(ctx, noon, id, "a")
		isGone(t, "Attempt with "+what, err)
		_, err = i.Get(ctx, noon, id, "g")
		isGone(t, "Get with "+what, err)
		if err := i.Release(ctx, noon, id, "a"); err != nil {
			t.Errorf("Release with %s: %v", what, err)
		}
	}
	if len(s.keys) != 0 {
		t.Errorf("garbage reached the store %d times", len(s.keys))
	}
	_, err := i.Attempt(ctx, noon, string(flipped), "a")
	isGone(t, "Attempt with an id of which one bit differs", err)
	if got, err := i.Attempt(ctx, noon, id, "a"); err != nil || got.Attempts != 4 {
		t.Errorf("after all the garbage the right id is as it was: %d attempts left, %v", got.Attempts, err)
	}
}

// The last character of an id has bits to spare; ids that differ only there would be one challenge with many names.
func TestAnIdHasOneSpelling(t *testing.T) {
	ctx, i := context.Background(), issuer(t, challenge.NewMemory())
	id := issue(t, i, full())
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	for _, c := range alphabet {
		if other := id[:55] + string(c); other != id {
			_, err := i.Get(ctx, noon, other, "g")
			isGone(t, "Get of "+other, err)
		}
	}
	carried, err := i.Carry(challenge.Challenge{Purpose: challenge.Login, Kind: "webauthn", Expires: noon.Add(time.Minute), Private: []byte("12")})
	if err != nil {
		t.Fatal(err)
	}
	for _, other := range []string{carried + "\n", carried[:9] + "\r\n" + carried[9:], carried + "=", "0\n" + carried[1:]} {
		_, err := i.Attempt(ctx, noon, other, "a")
		isGone(t, "a carried id with a line break", err)
	}
}

// attack: A-152
func TestASwappedRecordDoesNotOpen(t *testing.T) {
	ctx, s := context.Background(), newSpy()
	i := issuer(t, s)
	victim, own := full(), full()
	victim.User, own.User = "victim", "attacker"
	a, b := issue(t, i, victim), issue(t, i, own)
	s.reply = func(k challenge.Key, r challenge.Record) challenge.Record {
		for other, stored := range s.stored {
			if other != k {
				r.Sealed = stored.Sealed
			}
		}
		return r
	}
	for _, id := range []string{a, b} {
		_, err := i.Attempt(ctx, noon, id, "a")
		isGone(t, "Attempt with another challenge's record", err)
		_, err = i.Get(ctx, noon, id, "g")
		isGone(t, "Get with another challenge's record", err)
	}
}

func TestExpiryIsInTheRecord(t *testing.T) {
	ctx, s := context.Background(), newSpy()
	i := issuer(t, s)
	c := full()
	id := issue(t, i, c)
	s.Store = everlasting{s.Store}
	if _, err := i.Attempt(ctx, c.Expires.Add(-time.Millisecond), id, "a"); err != nil {
		t.Errorf("a millisecond before the expiry: %v", err)
	}
	_, err := i.Attempt(ctx, c.Expires, id, "b")
	isGone(t, "Attempt at the expiry, in a store that has none", err)
	_, err = i.Get(ctx, c.Expires, id, "g")
	isGone(t, "Get at the expiry, in a store that has none", err)
}

// everlasting is a store whose clock has stopped.
type everlasting struct{ challenge.Store }

func (e everlasting) Get(ctx context.Context, _ time.Time, k challenge.Key, try string, take ...challenge.Spend) (challenge.Record, error) {
	return e.Store.Get(ctx, noon, k, try, take...)
}

func (e everlasting) Attempt(ctx context.Context, _ time.Time, k challenge.Key, try string) (challenge.Record, error) {
	return e.Store.Attempt(ctx, noon, k, try)
}

func carriable() challenge.Challenge {
	c := full()
	c.User = ""
	return c
}

func TestACarriedChallengeIsNotStored(t *testing.T) {
	ctx, s := context.Background(), newSpy()
	i := issuer(t, s)
	id, err := i.Carry(carriable())
	if err != nil {
		t.Fatal(err)
	}
	got, err := i.Attempt(ctx, noon, id, "a")
	if err != nil || !reflect.DeepEqual(got.Challenge, carriable()) {
		t.Errorf("Attempt: %+v, %v", got, err)
	}
	if !challenge.Carried(id) || challenge.Carried(issue(t, i, full())) || challenge.Carried("") {
		t.Error("Carried tells the two kinds of ids apart")
	}
	if len(s.keys) != 1 {
		t.Error("a carried challenge reached the store")
	}
	_, err = i.Get(ctx, noon, id, "g")
	isGone(t, "Get of a carried challenge, which has nothing to get", err)
}

func TestACarriedChallengeExpires(t *testing.T) {
	ctx, i := context.Background(), issuer(t, challenge.NewMemory())
	id, err := i.Carry(carriable())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := i.Attempt(ctx, carriable().Expires.Add(-time.Millisecond), id, "a"); err != nil {
		t.Errorf("a millisecond before the expiry: %v", err)
	}
	_, err = i.Attempt(ctx, carriable().Expires, id, "b")
	isGone(t, "Attempt at the expiry", err)
}

// A challenge that names somebody has a count of attempts, which a client cannot be given to carry.
func TestACarriedChallengeNamesNobody(t *testing.T) {
	ctx, i := context.Background(), issuer(t, challenge.NewMemory())
	id, err := i.Carry(full())
	if err != nil {
		return // refusing to make it is as good
	}
	_, err = i.Attempt(ctx, noon, id, "a")
	isGone(t, "a carried challenge that names a user", err)
}

// What is stored must not become what is carried, with no count of attempts, nor the other way round.
func TestStoredAndCarriedAreNotInterchangeable(t *testing.T) {
	ctx, s := context.Background(), newSpy()
	i := issuer(t, s)
	stored := issue(t, i, carriable())
	for _, r := range s.stored {
		_, err := i.Attempt(ctx, noon, "0"+text.EncodeToString(r.Sealed), "a")
		isGone(t, "a stored record, carried", err)
	}
	carried, err := i.Carry(carriable())
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := text.DecodeString(carried[1:])
	if err != nil {
		t.Fatal(err)
	}
	s.reply = func(_ challenge.Key, r challenge.Record) challenge.Record {
		r.Sealed = sealed
		return r
	}
	_, err = i.Attempt(ctx, noon, stored, "a")
	isGone(t, "a carried record, stored", err)
	for _, ad := range [][]byte{nil, {}, seal.Bind("challenge 1"), seal.Bind("challenge 2", "unstored")} {
		sealed, _ := glass{}.Encrypt(sealed[16:], ad)
		_, err = i.Attempt(ctx, noon, "0"+text.EncodeToString(sealed), "a")
		isGone(t, "a record sealed for something else, carried", err)
	}
}

func TestACarriedIdHasALimit(t *testing.T) {
	i, c := issuer(t, challenge.NewMemory()), carriable()
	c.Private = make([]byte, 4<<10)
	if id, err := i.Carry(c); err == nil {
		t.Errorf("a client was asked to carry %d bytes", len(id))
	}
}

// A store that fails is not a store that has nothing.
func TestAStoreThatFailsIsNoVerdict(t *testing.T) {
	down := errors.New("down")
	i := issuer(t, failing{err: down})
	id := issue(t, issuer(t, challenge.NewMemory()), full())
	ctx := context.Background()
	_, issueErr := i.Issue(ctx, noon, tag, full(), challenge.Record{Attempts: 1})
	_, getErr := i.Get(ctx, noon, id, "g")
	_, attemptErr := i.Attempt(ctx, noon, id, "a")
	for what, err := range map[string]error{
		"Issue": issueErr, "Get": getErr, "Attempt": attemptErr, "Release": i.Release(ctx, noon, id, "a"), "Redeem": i.Redeem(ctx, noon, id, "a"),
	} {
		if !errors.Is(err, down) || errors.Is(err, challenge.ErrGone) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

type failing struct {
	challenge.Store
	err error
}

func (f failing) Create(context.Context, time.Time, challenge.Key, challenge.Record, ...challenge.Spend) (challenge.Record, error) {
	return challenge.Record{}, f.err
}

func (f failing) Get(context.Context, time.Time, challenge.Key, string, ...challenge.Spend) (challenge.Record, error) {
	return challenge.Record{}, f.err
}

func (f failing) Attempt(context.Context, time.Time, challenge.Key, string) (challenge.Record, error) {
	return challenge.Record{}, f.err
}
func (f failing) Release(context.Context, time.Time, challenge.Key, string) error { return f.err }
func (f failing) Redeem(context.Context, time.Time, challenge.Key, string, ...string) error {
	return f.err
}
