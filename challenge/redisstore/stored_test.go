package redisstore_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/cofactor-mfa/cofactor/challenge"
	"github.com/cofactor-mfa/cofactor/challenge/redisstore"
)

var update = flag.Bool("update", false, "write the golden files of a new format; those of an old one never change")

var (
	noon = time.Date(2030, 5, 17, 12, 0, 0, 0, time.UTC)
	lock = challenge.Spend{Budget: "failures", Limit: 10, Window: 15 * time.Minute, Max: 24 * time.Hour}
	pace = challenge.Spend{Budget: "wait", Limit: 1, Window: 30 * time.Second, Max: time.Hour}
)

// forget deletes what earlier runs of a test left under its prefix.
func forget(t testing.TB, c *redis.Client, pattern string) {
	t.Helper()
	keys, err := c.Keys(context.Background(), pattern).Result()
	if err != nil {
		t.Fatal(err)
	}
	if len(keys) > 0 {
		if err := c.Del(context.Background(), keys...).Err(); err != nil {
			t.Fatal(err)
		}
	}
}

// prefixed is a store whose keys are its own.
func prefixed(t testing.TB, c *redis.Client, prefix string) *redisstore.Store {
	t.Helper()
	forget(t, c, prefix+"*")
	t.Cleanup(func() { forget(t, c, prefix+"*") })
	s, err := redisstore.New(redisstore.Config{Client: c, Prefix: prefix})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// must ends the test at the first error of a list of calls.
func must(t testing.TB, errs ...error) {
	t.Helper()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}

func errOf(_ challenge.Record, err error) error { return err }

func TestStoredBytesAreGolden(t *testing.T) {
	c, ctx := connect(t), context.Background()
	s := prefixed(t, c, "golden:")
	k := challenge.Key{Tag: "AAAAAAAAAAAA", Hash: "BBBBBBBBBBBBBBBBBBBBBB"}
	const record, budgets = "golden:{AAAAAAAAAAAA}:c:BBBBBBBBBBBBBBBBBBBBBB", "golden:{AAAAAAAAAAAA}:b"
	r := challenge.Record{Sealed: []byte("sealed"), Attempts: 5, Expires: noon.Add(5 * time.Minute), OnTry: []challenge.Spend{lock}}
	must(t, errOf(s.Create(ctx, noon, k, r, pace)))
	golden(t, c, record, "created")
	must(t,
		errOf(s.Attempt(ctx, noon, k, "try 1")), errOf(s.Attempt(ctx, noon, k, "try 2")), errOf(s.Attempt(ctx, noon.Add(time.Second), k, "try 3")),
		errOf(s.Get(ctx, noon.Add(time.Minute), k, "look 1", pace)), s.Release(ctx, noon, k, "try 2"),
		s.Spend(ctx, noon, k.Tag, "spend 1", lock))
	golden(t, c, record, "tried")
	golden(t, c, budgets, "budgets")
	must(t, s.Redeem(ctx, noon.Add(2*time.Second), k, "try 3"))
	golden(t, c, record, "redeemed")
	must(t, s.Refill(ctx, k.Tag, pace.Budget))
	golden(t, c, budgets, "refilled")
}

// golden compares what is under key with a file. A difference is a new format: give it a new first byte, and keep reading this one.
func golden(t *testing.T, c *redis.Client, key, name string) {
	t.Helper()
	got, err := c.Get(context.Background(), key).Bytes()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join("testdata", "v1_"+name+".hex")
	if *update {
		must(t, os.MkdirAll("testdata", 0o755), os.WriteFile(file, []byte(hex.Dump(got)), 0o644))
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if hex.Dump(got) != string(want) {
		t.Errorf("%s is stored in other bytes than version 1 did; running replicas cannot read it:\n%swant\n%s", name, hex.Dump(got), want)
	}
}

// unhex reads a golden file.
func unhex(t *testing.T, name string) []byte {
	t.Helper()
	dump, err := os.ReadFile(filepath.Join("testdata", "v1_"+name+".hex"))
	if err != nil {
		t.Fatal(err)
	}
	var out []byte
	for line := range strings.Lines(string(dump)) {
		fields := strings.Fields(strings.SplitN(line, "|", 2)[0])
		if len(fields) == 0 {
			continue
		}
		b, err := hex.DecodeString(strings.Join(fields[1:], ""))
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, b...)
	}
	return out
}

func TestGoldenRecordsAreRead(t *testing.T) {
	c, ctx := connect(t), context.Background()
	s := prefixed(t, c, "read:")
	k := challenge.Key{Tag: "t", Hash: "h"}
	set := func(key, name string) { must(t, c.Set(ctx, key, unhex(t, name), 0).Err()) }

	set("read:{t}:c:h", "tried")
	set("read:{t}:b", "budgets")
	r, err := s.Attempt(ctx, noon.Add(time.Minute), k, "try 1")
	if err != nil || r.Attempts != 4 || string(r.Sealed) != "sealed" || !slices.Equal(r.OnTry, []challenge.Spend{lock}) {
		t.Errorf("the first try, sent again to a stored challenge: %+v, %v", r, err)
	}
	var refused *challenge.Refused
	if err := s.Spend(ctx, noon.Add(time.Minute), "t", "x", pace); !errors.As(err, &refused) || refused.RetryAfter != time.Minute {
		t.Errorf("a stored budget that is shut for a minute: %v", err)
	}
	if err := s.Redeem(ctx, noon, k, "try 2"); err != nil {
		t.Errorf("a stored try could not redeem: %v", err)
	}
	set("read:{t}:c:h", "redeemed")
	if err := s.Redeem(ctx, noon, k, "try 3"); err != nil {
		t.Errorf("the stored Redeem, sent again: %v", err)
	}
	if err := s.Redeem(ctx, noon, k, "try 1"); !errors.Is(err, challenge.ErrGone) {
		t.Errorf("a stored challenge that was redeemed was redeemed again: %v", err)
	}
}

// attack: A-163
func TestUnknownFormatsAreDenied(t *testing.T) {
	c, ctx := connect(t), context.Background()
	s := prefixed(t, c, "format:")
	k := challenge.Key{Tag: "t", Hash: "h"}
	r := challenge.Record{Attempts: 5, Expires: noon.Add(time.Minute), OnTry: []challenge.Spend{lock}}
	later := func(name string, at int) []byte {
		b := bytes.Clone(unhex(t, name))
		b[at]++
		return b
	}
	try := func(what, key string, value []byte, calls map[string]func() error) {
		t.Helper()
		for name, call := range calls {
			must(t, c.Set(ctx, key, value, 0).Err())
			if err := call(); !errors.Is(err, redisstore.ErrFormat) || errors.Is(err, challenge.ErrGone) {
				t.Errorf("%s: %s must be denied with ErrFormat, not %v", what, name, err)
			}
			if now := c.Get(ctx, key).Val(); now != string(value) {
				t.Errorf("%s: %s has changed what it could not read", what, name)
			}
		}
	}
	ofChallenge := map[string]func() error{
		"Create":  func() error { return errOf(s.Create(ctx, noon, k, r)) },
		"Get":     func() error { return errOf(s.Get(ctx, noon, k, "g")) },
		"Attempt": func() error { return errOf(s.Attempt(ctx, noon, k, "try 1")) },
		"Release": func() error { return s.Release(ctx, noon, k, "try 1") },
		"Redeem":  func() error { return s.Redeem(ctx, noon, k, "try 1") },
	}
	try("a challenge of a later version", "format:{t}:c:h", later("tried", 0), ofChallenge)
	try("a challenge in an unknown state", "format:{t}:c:h", append([]byte{1, 3}, unhex(t, "tried")[2:]...), ofChallenge)
	try("an empty challenge", "format:{t}:c:h", nil, ofChallenge)

	must(t, c.Set(ctx, "format:{t}:c:h", unhex(t, "tried"), 0).Err())
	try("budgets of a later version", "format:{t}:b", later("budgets", 0), map[string]func() error{
		"Create":  func() error { return errOf(s.Create(ctx, noon, challenge.Key{Tag: "t", Hash: "new"}, r, lock)) },
		"Get":     func() error { return errOf(s.Get(ctx, noon, k, "g", lock)) },
		"Attempt": func() error { return errOf(s.Attempt(ctx, noon, k, "new")) },
		"Release": func() error { return s.Release(ctx, noon, k, "try 1") },
		"Redeem":  func() error { return s.Redeem(ctx, noon, k, "try 1") },
		"Spend":   func() error { return s.Spend(ctx, noon, "t", "new", lock) },
		"Refill":  func() error { return s.Refill(ctx, "t", lock.Budget) },
	})
}

// What is cut short in its terms is never a success and never a panic; behind them lies the sealed part, which only its key can check.
func TestDamagedRecordsAreDenied(t *testing.T) {
	c, ctx := connect(t), context.Background()
	s := prefixed(t, c, "damaged:")
	k := challenge.Key{Tag: "t", Hash: "h"}
	whole := unhex(t, "tried")
	terms := len(whole) - len("sealed")
	for n := range terms {
		must(t, c.Set(ctx, "damaged:{t}:c:h", whole[:n], 0).Err(), c.Del(ctx, "damaged:{t}:b").Err())
		if err := errOf(s.Attempt(ctx, noon, k, "new")); err == nil || errors.Is(err, challenge.ErrGone) {
			t.Errorf("a challenge of %d bytes, of which %d are left: %v", len(whole), n, err)
		}
		if err := s.Redeem(ctx, noon, k, "try 1"); err == nil {
			t.Errorf("a challenge of %d bytes, of which %d are left, was redeemed", len(whole), n)
		}
	}
	whole = unhex(t, "redeemed")
	for n := range whole {
		must(t, c.Set(ctx, "damaged:{t}:c:h", whole[:n], 0).Err())
		if err := s.Redeem(ctx, noon, k, "try 3"); err == nil || errors.Is(err, challenge.ErrGone) {
			t.Errorf("a tombstone of %d bytes, of which %d are left: %v", len(whole), n, err)
		}
	}
	whole = unhex(t, "budgets")
	for n := range whole {
		must(t, c.Set(ctx, "damaged:{t}:b", whole[:n], 0).Err())
		if err := s.Spend(ctx, noon, "t", "new", lock); err == nil {
			t.Errorf("budgets of %d bytes, of which %d are left, were taken from", len(whole), n)
		}
	}
}

// Numbers of one byte to seven are read and written by scripts that know each length up to six.
func TestNumbersOfEveryLengthComeBack(t *testing.T) {
	t.Parallel()
	s := prefixed(t, connect(t), "lengths:")
	for bits := range 46 {
		now := time.UnixMilli(1 << bits).UTC()
		k := challenge.Key{Tag: "tag" + strconv.Itoa(bits), Hash: "h"}
		r := challenge.Record{
			Sealed: []byte("sealed"), Attempts: 5, Expires: now.Add(time.Minute),
			OnTry: []challenge.Spend{{Budget: "failures", Limit: 2, Window: time.Minute, Max: time.Hour}},
		}
		_, err := s.Create(t.Context(), now, k, r)
		must(t, err)
		_, err = s.Attempt(t.Context(), now, k, "first") // which reads and writes it
		must(t, err)
		got, err := s.Attempt(t.Context(), now, k, "second")
		if err != nil || !got.Expires.Equal(r.Expires) || !got.Shut.Equal(now.Add(time.Minute)) || !slices.Equal(got.OnTry, r.OnTry) || string(got.Sealed) != "sealed" {
			t.Errorf("at %d ms: %+v, %v, want what was stored, and the budget shut for a minute", now.UnixMilli(), got, err)
		}
	}
}

func TestAStoredChallengeIsSmall(t *testing.T) {
	c, ctx := connect(t), context.Background()
	s := open(t, c)
	k := challenge.Key{Tag: "sizesizesize", Hash: "sizesizesizesizesizesi"}
	key := "mfa:{" + k.Tag + "}:c:" + k.Hash
	must(t, c.Del(ctx, key).Err())
	t.Cleanup(func() { c.Del(ctx, key) })
	r := challenge.Record{Sealed: make([]byte, 190), Attempts: 5, Expires: noon.Add(5 * time.Minute), OnTry: []challenge.Spend{lock}}
	must(t, errOf(s.Create(ctx, noon, k, r)))
	n, err := c.MemoryUsage(ctx, key).Result()
	if err != nil {
		t.Fatal(err)
	}
	if n > 320 {
		t.Errorf("a challenge with 190 sealed bytes and one budget takes %d bytes of Redis; 320 are allowed", n)
	}
	t.Logf("%d bytes", n)
}

func TestEverythingStoredExpires(t *testing.T) {
	c, ctx := connect(t), context.Background()
	s := prefixed(t, c, "ttl:")
	k := challenge.Key{Tag: "t", Hash: "h"}
	r := challenge.Record{Attempts: 5, Expires: noon.Add(5 * time.Minute), OnTry: []challenge.Spend{lock}}
	const hour, slack = time.Hour, time.Minute
	near := func(when, key string, want time.Duration) {
		t.Helper()
		if got := c.PTTL(ctx, key).Val(); got > want || got < want-slack {
			t.Errorf("%s %s is kept for %v, want %v", when, key, got, want)
		}
	}
	must(t, errOf(s.Create(ctx, noon, k, r, pace)))
	near("after Create", "ttl:{t}:c:h", 5*time.Minute+hour)
	near("after Create", "ttl:{t}:b", pace.Max+hour)
	must(t, errOf(s.Attempt(ctx, noon, k, "a")))
	near("after Attempt", "ttl:{t}:c:h", 5*time.Minute+hour)
	near("after Attempt", "ttl:{t}:b", lock.Max+hour)
	must(t, s.Release(ctx, noon, k, "a"))
	near("after Release", "ttl:{t}:b", lock.Max+hour)
	must(t, s.Refill(ctx, "t", lock.Budget))
	near("after Refill", "ttl:{t}:b", lock.Max+hour)
	must(t, s.Redeem(ctx, noon, k, "a"))
	near("after Redeem", "ttl:{t}:c:h", 5*time.Minute+hour)
	must(t, s.Spend(ctx, noon, "u", "a"))
	near("after a Spend of nothing", "ttl:{u}:b", hour)
}

// However often a challenge is tried and a key is spent from, what is kept of it has a limit.
func TestTriesAreForgotten(t *testing.T) {
	c, ctx := connect(t), context.Background()
	s := prefixed(t, c, "bounded:")
	k := challenge.Key{Tag: "t", Hash: "h"}
	big := challenge.Spend{Budget: "big", Limit: 1000, Window: time.Minute, Max: time.Hour}
	must(t, errOf(s.Create(ctx, noon, k, challenge.Record{Attempts: 1000, Expires: noon.Add(time.Minute), OnTry: []challenge.Spend{big}})))
	size := func() int64 { return c.StrLen(ctx, "bounded:{t}:c:h").Val() + c.StrLen(ctx, "bounded:{t}:b").Val() }
	var after20 int64
	for i := range 200 {
		must(t, errOf(s.Attempt(ctx, noon, k, strconv.Itoa(i))), s.Spend(ctx, noon, "t", strconv.Itoa(i), big))
		if i == 20 {
			after20 = size()
		}
	}
	if n := size(); n > after20+32 { // numbers grow a little
		t.Errorf("after 20 tries %d bytes are stored, after 200 %d", after20, n)
	}
}
