package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/cofactor-mfa/cofactor/challenge"
	"github.com/cofactor-mfa/cofactor/factor"
	"github.com/cofactor-mfa/cofactor/keyset"
)

// inMemory stands in for the servers. There is no floor without them.
type inMemory struct {
	all     *people
	factors factor.Store
}

func (d *inMemory) people(int) *people { return d.all }

// door gives each caller challenges of its own, because the store forgets what has expired by anybody's clock.
func (d *inMemory) door(ctx context.Context, c *caller) (door, error) {
	s := stores{challenge.NewMemory(), d.factors}
	switch c.cell.side {
	case storesSide:
		return &bare{s, c}, nil
	case webSide:
		return newWebOurs(ctx, s, c)
	}
	return newOurs(s, c)
}

func (d *inMemory) prepare(ctx context.Context, _ cell) error {
	d.factors = factor.NewMemory()
	d.all.reset()
	for user := range d.all.n {
		account := d.all.account(user)
		factors, err := d.all.factors(user)
		if err != nil {
			return err
		}
		account.Version = 0
		for i := range factors {
			factors[i].Version = 0
		}
		err = d.factors.Apply(ctx, factor.Change{UserID: account.UserID, Account: &account, Put: factors, At: d.all.since})
		if err != nil {
			return err
		}
	}
	return nil
}

func newInMemory(t *testing.T, n int) *inMemory {
	t.Helper()
	aead, err := keyset.Ephemeral()
	if err != nil {
		t.Fatal(err)
	}
	since := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	m, err := newModel(t.Context(), aead, since)
	if err != nil {
		t.Fatal(err)
	}
	return &inMemory{all: newPeople(n, m, aead, since)}
}

func tiny() plan {
	p := quick()
	p.enrolled, p.callers, p.sides, p.rounds, p.length = []int{20}, []int{1, webCallers}, []string{storesSide, registrySide, webSide}, 2, 5*time.Millisecond
	return p
}

func TestEveryCellSignsPeopleIn(t *testing.T) {
	p := tiny()
	results, err := measureAll(t.Context(), newInMemory(t, 20), p, &meter{}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if want := p.rounds * len(p.cells(0)); len(results) != want {
		t.Errorf("%d results, not one for each of %d cells and rounds", len(results), want)
	}
	for _, r := range results {
		if r.logins == 0 || r.allocs == 0 || r.p50 == 0 || r.p99 < r.p50 {
			t.Errorf("%v: a measurement is missing in %+v", r.cell, r)
		}
	}
	var table, picture, lines bytes.Buffer
	list := pairs(p, results)
	writeTables(&table, list)
	writeSides(io.Discard, p, results)
	if err := errors.Join(draw(&picture, p, list), writeCSV(&lines, results)); err != nil {
		t.Fatal(err)
	}
	want := len(p.kinds)*len(p.callers) + 1
	if n := strings.Count(table.String(), "\n| 20 |"); n != want || !strings.Contains(table.String(), "Over HTTP:") {
		t.Errorf("the tables have %d rows, not %d, one for each kind and number of callers, and one for HTTP:\n%s", n, want, table.String())
	}
	if rows, err := csv.NewReader(&lines).ReadAll(); err != nil || len(rows) != 1+len(results) {
		t.Errorf("the file has %d lines, not a head and one for each of %d results: %v", len(rows), len(results), err)
	}
	if err := xml.Unmarshal(picture.Bytes(), new(struct{ XMLName xml.Name })); err != nil {
		t.Errorf("the picture is not XML: %v", err)
	}
}

func TestWrongAnswersAreNotAccepted(t *testing.T) {
	d := newInMemory(t, 12)
	for _, kind := range []string{totpKind, backupKind, pagerKind} {
		c := cell{enrolled: 12, callers: 2, kind: kind, side: registrySide, wrong: true}
		r, err := measureCell(t.Context(), d, c, tiny(), &meter{})
		if err != nil || r.logins == 0 {
			t.Errorf("%s: %v: a wrong answer must be refused as wrong, and for no other reason", kind, err)
		}
	}
}

func TestNobodySignsInTwiceAtOnce(t *testing.T) {
	d := newInMemory(t, 12)
	seen := map[int]bool{}
	for i := range 5 {
		c := newCaller(d.all, cell{callers: 5}, i)
		for c.place = range c.own {
			if seen[c.user()] {
				t.Errorf("person %d belongs to two callers", c.user())
			}
			seen[c.user()] = true
		}
	}
	if len(seen) != 12 {
		t.Errorf("%d of 12 people belong to a caller", len(seen))
	}
}

func TestProcessesMayHaveAnyName(t *testing.T) {
	name, rest, ok := cutName([]byte("17 (a) (b) S 1 17"))
	if !ok || name != "a) (b" || rest != " S 1 17" {
		t.Errorf("read the name as %q and the rest as %q", name, rest)
	}
	if own, ok := process(os.Getpid()); ok && own.parent != os.Getppid() {
		t.Errorf("read the parent as %d, and it is %d", own.parent, os.Getppid())
	}
}

func TestAppShowsTheCodesOfRFC6238(t *testing.T) {
	secret := []byte("12345678901234567890")
	for at, want := range map[int64]string{59: "287082", 1111111109: "081804", 20000000000: "353130"} { // the last six digits
		if got := codeOf(secret, at/period); got != want {
			t.Errorf("at %d the app shows %s, and RFC 6238 appendix B has %s", at, got, want)
		}
	}
}
