package faults_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/cofactor-mfa/cofactor/challenge/redisstore"
	"github.com/cofactor-mfa/cofactor/internal/testenv"
	"github.com/cofactor-mfa/cofactor/provider/backup"
	"github.com/cofactor-mfa/cofactor/provider/totp"
	"github.com/cofactor-mfa/cofactor/registry"
)

// watch starts three Sentinels over a master and its replica, and returns when each knows the others. Sentinel is redis-server by another name.
func watch(t testing.TB, master, replica *redisServer) (addrs []string) {
	t.Helper()
	program := testenv.Tool(t, "redis-server")
	replica.follow(master.addr)
	host, port, _ := strings.Cut(master.addr, ":")
	for i := range 3 {
		folder := t.TempDir()
		_, addr := started(t, func(at int) *process {
			file := filepath.Join(folder, fmt.Sprintf("sentinel-%d-%d.conf", i, at))
			conf := fmt.Sprintf("bind 127.0.0.1\nport %d\ndir %s\nsentinel monitor mfa %s %s 2\nsentinel auth-pass mfa %s\n"+
				"sentinel down-after-milliseconds mfa 1000\nsentinel failover-timeout mfa 5000\n", at, folder, host, port, redisPassword)
			if err := os.WriteFile(file, []byte(conf), 0o600); err != nil {
				t.Fatal(err)
			}
			return launch(t, folder, "", program, file, "--sentinel")
		}, func(ctx context.Context, addr string) error {
			c := redis.NewSentinelClient(&redis.Options{Addr: addr})
			defer func() { _ = c.Close() }()
			return c.Ping(ctx).Err()
		})
		addrs = append(addrs, addr)
	}
	for _, addr := range addrs {
		c := redis.NewSentinelClient(&redis.Options{Addr: addr})
		t.Cleanup(func() { _ = c.Close() })
		until(t, "Sentinels that know each other", func() bool {
			is, err := c.Master(t.Context(), "mfa").Result()
			return err == nil && is["num-other-sentinels"] == "2" && is["num-slaves"] == "1" && is["flags"] == "master"
		})
	}
	return addrs
}

// A master that dies is replaced by Sentinel, with a client as the page about Redis has it. Calls meanwhile are unavailable, in time; what was begun goes on afterwards, what was used is used, and whoever
// was locked is locked.
//
// attack: A-150
func TestSentinelFailsOver(t *testing.T) {
	t.Parallel()
	master, replica := startRedis(t), startRedis(t)
	client := redis.NewFailoverClient(&redis.FailoverOptions{
		MasterName: "mfa", SentinelAddrs: watch(t, master, replica), Password: redisPassword, ContextTimeoutEnabled: true,
	})
	t.Cleanup(func() { _ = client.Close() })
	store, err := redisstore.New(redisstore.Config{Client: client})
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Check(t.Context()); err != nil {
		t.Errorf("a fit server behind Sentinel was refused: %v", err)
	}
	keys, _ := newKeys(t)
	s := shopOn(t, 3, keys, stores{store, newFile(t).open(t)})
	secret, codes := s.enrol()
	bob := *s
	bob.who.User.ID, bob.who.Binding = "bob", "bob's session"
	bob.enrol()
	for range 3 {
		_, _ = bob.login(totp.Kind)(typed("000000"))
	}
	used := s.phoneCode(secret)
	s.must(s.login(totp.Kind)(typed(used)))
	open := s.login(backup.Kind)
	paper := json.RawMessage(fmt.Sprintf(`{"code":%q}`, codes[0]))
	master.replicated()
	master.proc.kill()

	began := time.Now()
	if _, err := s.Factors(t.Context(), s.who); err != nil { // which needs no Redis
		t.Errorf("what needs no Redis: %v", err)
	}
	if err := s.Registry.Admin().Unlock(t.Context(), registry.Deed{Tenant: tenant, User: "nobody", Actor: "a", Reason: "r"}); !errors.Is(err, registry.ErrNoFactor) {
		t.Errorf("likewise: %v", err)
	}
	until(t, "a sign-in after the failover", func() bool {
		in, err := open(paper)
		switch {
		case err == nil:
			return in.Satisfied
		case errors.Is(err, registry.ErrUnavailable):
			return false
		}
		t.Fatalf("a challenge from before the failover, which its replica knew: %v", err)
		return false
	})
	t.Logf("it took %v", time.Since(began).Round(100*time.Millisecond))
	in, err := open(paper)
	s.refused("the same challenge again", in, err, registry.ErrChallengeGone)
	in, err = s.login(totp.Kind)(typed(used))
	s.refused("a code that was used on the master that died", in, err, registry.ErrRejected)
	if _, err := bob.tries(totp.Kind); !errors.Is(err, registry.ErrLocked) {
		t.Errorf("whoever was locked before the failover: %v", err)
	}
}

// tries begins a login and gives a wrong answer.
func (s *shop) tries(kind string) (registry.Login, error) {
	l, err := s.StartLogin(s.t.Context(), registry.Start{Who: s.who, Primary: []string{"pwd"}})
	if err != nil {
		return l, err
	}
	ch, err := s.BeginLogin(s.t.Context(), registry.Begin{Who: s.who, Pending: l.Pending, Kind: kind})
	if err != nil {
		return l, err
	}
	return s.FinishLogin(s.t.Context(), registry.Finish{Who: s.who, Pending: l.Pending, Challenge: ch.ID, Response: typed("000000")})
}
