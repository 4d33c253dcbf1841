// Package redisstore keeps challenges and budgets in Redis 6.2 or later, or in Valkey: a single server, Sentinel or Cluster.
//
// Each method is one script and one round trip. What belongs to one account lies in one slot of a Cluster. All rules are those of
// [challenge.Store] and [challenge.Budget]; the scripts use no clock but the caller's, and the expiry that Redis is told only frees
// memory.
//
// Redis must not evict: a budget that is evicted is a lock that is open. [Store.Check] says so when the program starts.
package redisstore

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/cofactor-mfa/cofactor/challenge"
	"github.com/cofactor-mfa/cofactor/internal/wire"
)

// Client is what the store needs of a connection. *redis.Client (also of a failover), *redis.ClusterClient and *redis.AutoPipeliner
// have it.
type Client interface {
	redis.Scripter
	Info(ctx context.Context, section ...string) *redis.StringCmd
}

// Config is what a Store is made of.
type Config struct {
	// Client leads to Redis. Required. It stays the caller's to close. It may send a command again whose reply was lost: the store counts
	// it once.
	Client Client
	// Prefix starts each key. "mfa:" if it is empty; at most 32 bytes, without braces, which would move a key to another slot.
	Prefix string
}

// Store is a challenge.Store in Redis.
type Store struct {
	client Client
	prefix string

	create, get, attempt, release, redeem, spend, refill *redis.Script
}

var _ challenge.Store = (*Store)(nil)

// ErrFormat says that Redis holds a record of a format that this version does not know: of a later version, or not ours. The call was
// refused and nothing was changed. // attack: A-163
var ErrFormat = errors.New("redisstore: unknown format")

// New needs a client. It does not reach Redis; Check does.
func New(cfg Config) (*Store, error) {
	var faults []error
	if cfg.Client == nil {
		faults = append(faults, errors.New("redisstore: Client is required"))
	}
	if _, ring := cfg.Client.(*redis.Ring); ring {
		faults = append(faults, errors.New("redisstore: Client is a Ring, which looks on another server when one is away: the locks of the first would be open"))
	}
	if len(cfg.Prefix) > 32 || strings.ContainsAny(cfg.Prefix, "{}") {
		faults = append(faults, fmt.Errorf("redisstore: Prefix %.40q must have at most 32 bytes and no braces", cfg.Prefix))
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	s := &Store{client: cfg.Client, prefix: cfg.Prefix}
	if s.prefix == "" {
		s.prefix = "mfa:"
	}
	script := func(body string) *redis.Script { return redis.NewScript(codec + arithmetic + records + body) }
	s.create, s.get, s.attempt = script(create), script(get), script(attempt)
	s.release, s.redeem, s.spend, s.refill = script(release), script(redeem), script(spend), script(refill)
	return s, nil
}

// Create implements challenge.Store.
func (s *Store) Create(ctx context.Context, now time.Time, k challenge.Key, r challenge.Record, take ...challenge.Spend) (challenge.Record, error) {
	if err := errors.Join(ctx.Err(), challenge.ValidateNow(now), k.Validate(), r.Validate(now), challenge.ValidateTakes(take)); err != nil {
		return challenge.Record{}, err
	}
	head, tail := newRecord(r)
	args := []any{wire.Milli(now), wire.Milli(r.Expires), head, tail}
	got, err := s.run(ctx, s.create, call{name: "create", try: k.Hash, keys: s.keys(k), args: append(args, spends(take)...)})
	if err != nil {
		return challenge.Record{}, err
	}
	return created(r, got)
}

// Get implements challenge.Store.
func (s *Store) Get(ctx context.Context, now time.Time, k challenge.Key, try string, take ...challenge.Spend) (challenge.Record, error) {
	if err := errors.Join(ctx.Err(), challenge.ValidateNow(now), k.Validate(), challenge.ValidateTakes(take)); err != nil {
		return challenge.Record{}, err
	}
	args := append([]any{wire.Milli(now)}, spends(take)...)
	return s.record(ctx, s.get, call{name: "get", try: try, keys: s.keys(k), args: args})
}

// Attempt implements challenge.Store.
func (s *Store) Attempt(ctx context.Context, now time.Time, k challenge.Key, try string) (challenge.Record, error) {
	if err := errors.Join(ctx.Err(), challenge.ValidateNow(now), k.Validate()); err != nil {
		return challenge.Record{}, err
	}
	return s.record(ctx, s.attempt, call{name: "attempt", try: try, keys: s.keys(k), args: []any{wire.Milli(now)}})
}

// Release implements challenge.Store.
func (s *Store) Release(ctx context.Context, now time.Time, k challenge.Key, try string) error {
	if err := errors.Join(ctx.Err(), challenge.ValidateNow(now), k.Validate()); err != nil {
		return err
	}
	_, err := s.run(ctx, s.release, call{name: "release", try: try, keys: s.keys(k), args: []any{wire.Milli(now)}})
	return err
}

// Redeem implements challenge.Store.
func (s *Store) Redeem(ctx context.Context, now time.Time, k challenge.Key, try string, refill ...string) error {
	if err := errors.Join(ctx.Err(), challenge.ValidateNow(now), k.Validate()); err != nil {
		return err
	}
	args := append([]any{wire.Milli(now)}, texts(refill)...)
	_, err := s.run(ctx, s.redeem, call{name: "redeem", try: try, keys: s.keys(k), args: args})
	return err
}

// Spend implements challenge.Store.
func (s *Store) Spend(ctx context.Context, now time.Time, key, try string, take ...challenge.Spend) error {
	if err := errors.Join(ctx.Err(), challenge.ValidateNow(now), challenge.ValidateKey(key), challenge.ValidateTakes(take)); err != nil {
		return err
	}
	args := append([]any{wire.Milli(now)}, spends(take)...)
	_, err := s.run(ctx, s.spend, call{name: "spend", try: try, keys: []string{s.budgets(key)}, args: args})
	return err
}

// Refill implements challenge.Store.
func (s *Store) Refill(ctx context.Context, key string, budget ...string) error {
	if err := errors.Join(ctx.Err(), challenge.ValidateKey(key)); err != nil {
		return err
	}
	_, err := s.run(ctx, s.refill, call{name: "refill", try: key, keys: []string{s.budgets(key)}, args: texts(budget)})
	return err
}

func (s *Store) keys(k challenge.Key) []string {
	return []string{s.budgets(k.Tag), s.prefix + "{" + escape(k.Tag) + "}:c:" + escape(k.Hash)}
}

func (s *Store) budgets(key string) string { return s.prefix + "{" + escape(key) + "}:b" }

// escape makes any name a part of a key. Two names never make the same part, and none has a brace or is empty: what is between the
// braces decides the slot, and empty braces decide nothing.
func escape(name string) string {
	const plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	switch {
	case name == "":
		return "%"
	case strings.Trim(name, plain) == "": // as every tag and hash is
		return name
	}
	var b strings.Builder
	for i := range len(name) {
		if strings.IndexByte(plain, name[i]) >= 0 {
			b.WriteByte(name[i])
		} else {
			fmt.Fprintf(&b, "%%%02x", name[i])
		}
	}
	return b.String()
}

// digest is what is stored of a try: short whatever the caller sent, and different for different tries.
func digest(try string) string {
	sum := sha256.Sum256([]byte(try))
	return string(sum[:16])
}
