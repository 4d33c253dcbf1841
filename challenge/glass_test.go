package challenge_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"testing"
	"time"

	"github.com/cofactor-mfa/cofactor/challenge"
)

// glass authenticates as an AEAD does, and hides nothing: a test sees what is sealed, and can seal what no Issuer would.
type glass struct{}

func (glass) sum(plain, ad []byte) []byte {
	m := hmac.New(sha256.New, []byte("glass"))
	m.Write(sha256.New().Sum(ad))
	m.Write([]byte{0})
	m.Write(plain)
	return m.Sum(nil)[:16]
}

func (g glass) Encrypt(plain, ad []byte) ([]byte, error) {
	return append(g.sum(plain, ad), plain...), nil
}

func (g glass) Decrypt(sealed, ad []byte) ([]byte, error) {
	if len(sealed) < 16 || !bytes.Equal(sealed[:16], g.sum(sealed[16:], ad)) {
		return nil, errors.New("glass: broken")
	}
	return sealed[16:], nil
}

// spy keeps what a store was called with, and may change what it replies.
type spy struct {
	challenge.Store
	keys   []challenge.Key
	stored map[challenge.Key]challenge.Record
	reply  func(challenge.Key, challenge.Record) challenge.Record
}

func newSpy() *spy {
	return &spy{Store: challenge.NewMemory(), stored: map[challenge.Key]challenge.Record{}}
}

func (s *spy) Create(ctx context.Context, now time.Time, k challenge.Key, r challenge.Record, take ...challenge.Spend) (challenge.Record, error) {
	s.keys = append(s.keys, k)
	s.stored[k] = r
	return s.Store.Create(ctx, now, k, r, take...)
}

func (s *spy) Get(ctx context.Context, now time.Time, k challenge.Key, try string, take ...challenge.Spend) (challenge.Record, error) {
	r, err := s.Store.Get(ctx, now, k, try, take...)
	return s.change(k, r), err
}

func (s *spy) Attempt(ctx context.Context, now time.Time, k challenge.Key, try string) (challenge.Record, error) {
	s.keys = append(s.keys, k)
	r, err := s.Store.Attempt(ctx, now, k, try)
	return s.change(k, r), err
}

func (s *spy) change(k challenge.Key, r challenge.Record) challenge.Record {
	if s.reply != nil {
		return s.reply(k, r)
	}
	return r
}

var (
	noon = time.Date(2030, 5, 17, 12, 0, 0, 0, time.UTC)
	tag  = challenge.Tag([]byte("a handle"))
)

// full is a challenge with something in each field.
func full() challenge.Challenge {
	return challenge.Challenge{
		Purpose: challenge.StepUp, Tenant: "tenant", User: "user", Binding: []byte("binding"), Kind: "totp", Factor: "factor", Epoch: 7, Expires: noon.Add(5 * time.Minute),
		Login: []byte("login"), Action: "action", Evidence: []byte("evidence"), Begun: noon.Add(-time.Minute),
		Label: "label", Replaces: "replaces", Opened: "opened", Private: []byte("private"),
	}
}

func issuer(t testing.TB, s challenge.Store) *challenge.Issuer {
	t.Helper()
	i, err := challenge.NewIssuer(s, glass{})
	if err != nil {
		t.Fatal(err)
	}
	return i
}

func issue(t testing.TB, i *challenge.Issuer, c challenge.Challenge) string {
	t.Helper()
	issued, err := i.Issue(context.Background(), noon, tag, c, challenge.Record{Attempts: 5})
	if err != nil {
		t.Fatal(err)
	}
	return issued.ID
}

func isGone(t testing.TB, what string, err error) {
	t.Helper()
	if !errors.Is(err, challenge.ErrGone) {
		t.Errorf("%s: want ErrGone, got %v", what, err)
	}
}
