package faults_test

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cofactor-mfa/cofactor/challenge"
	"github.com/cofactor-mfa/cofactor/challenge/redisstore"
	"github.com/cofactor-mfa/cofactor/internal/testenv"
	"github.com/cofactor-mfa/cofactor/keyset"
	"github.com/cofactor-mfa/cofactor/policy"
	"github.com/cofactor-mfa/cofactor/provider/backup"
	"github.com/cofactor-mfa/cofactor/provider/totp"
	"github.com/cofactor-mfa/cofactor/registry"
)

// rollout is a deployment of two replicas of the example program behind a balancer, on a Redis Cluster and PostgreSQL, and the people who sign in there.
type rollout struct {
	*site
	*customers
	cluster *redisCluster
	where   database
	keyfile string
	secret  keyset.JSON
}

func newRollout(t *testing.T, people int, pace time.Duration) *rollout {
	t.Helper()
	url := testenv.Postgres(t)
	r := &rollout{cluster: startCluster(t), where: newDatabase(t, url, addrOf(t, url))}
	folder := t.TempDir()
	r.keyfile = filepath.Join(folder, "keys")
	pepper := filepath.Join(folder, "pepper")
	_, r.secret = newKeys(t)
	for name, text := range map[string][]byte{r.keyfile: r.secret, pepper: bytes.Repeat([]byte{7}, 32)} {
		if err := os.WriteFile(name, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	r.site = &site{t: t, folder: folder, balance: newBalancer(t), env: []string{
		"REDIS=" + r.cluster.addrs(), "POSTGRES=" + r.where.dsn, "KEYSET=" + r.keyfile, "PEPPER=" + pepper, "PASSWORD=" + password, "DRAIN=" + (4 * askEvery).String(),
	}}
	r.customers = &customers{t: t, balance: r.site.balance, codes: make(chan ticket, 10*people), pace: pace, spent: map[string]int{}}
	return r
}

// migrate runs what a deployment runs once, before the first replica of a version.
func (r *rollout) migrate(program string) {
	t := r.site.t
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program, "migrate")
	cmd.Env = append(os.Environ(), r.env...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("migrate: %v\n%s", err, out)
	}
}

// deployed writes the keys that replicas are started with from now on.
func (r *rollout) deployed(secret keyset.JSON, err error) {
	t := r.site.t
	t.Helper()
	if err == nil {
		err = os.WriteFile(r.keyfile, secret, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	r.secret = secret
}

// goesOn waits until so many more people have signed in.
func (r *rollout) goesOn(n int64) {
	t := r.site.t
	t.Helper()
	want := r.accepted.Load() + n
	until(t, fmt.Sprintf("%d more sign-ins", n), func() bool {
		r.customers.mu.Lock()
		defer r.customers.mu.Unlock()
		return r.accepted.Load() >= want || len(r.customers.faults) > 0
	})
}

// registry is an operator's, with the keys of now.
func (r *rollout) registry() (*registry.Registry, *redisstore.Store) {
	t := r.site.t
	t.Helper()
	keys, err := keyset.New(keyset.Config{Keyset: r.secret})
	if err != nil {
		t.Fatal(err)
	}
	memory, err := redisstore.New(redisstore.Config{Client: r.cluster.client()})
	if err != nil {
		t.Fatal(err)
	}
	app, err := totp.New(totp.Config{Issuer: "Replica"})
	if err != nil {
		t.Fatal(err)
	}
	codes, err := backup.New(backup.Config{})
	if err != nil {
		t.Fatal(err)
	}
	reg, err := registry.New(registry.Config{
		AEAD: keys, Pepper: bytes.Repeat([]byte{7}, 32), Policy: policy.Optional(), Challenges: memory, Factors: r.where.open(t),
	}, app, codes)
	if err != nil {
		t.Fatal(err)
	}
	return reg, memory
}

// Two replicas are replaced by those of another version, get new keys, and lose a master of their Redis Cluster, while people sign in. Nobody is let in twice, nobody who should be is kept
// out, nothing that was attached is lost, and whoever was locked stays locked.
//
// attack
func TestADeploymentIsUpgradedRekeyedAndLosesAMaster(t *testing.T) {
	t.Parallel()
	people, more := 24, int64(8)
	if os.Getenv(seedsVariable) != "" {
		people, more = 200, 150
	}
	r := newRollout(t, people, 300*time.Millisecond)
	before, now := build(t, previous(t)), build(t, root)
	r.migrate(before)
	a, b := r.start(before), r.start(before)
	r.come(people)
	guessed := r.locks("locked-out")

	stop := make(chan struct{})
	var shoppers sync.WaitGroup
	for range 6 {
		shoppers.Go(func() { r.shop(stop) })
	}
	end := sync.OnceFunc(func() { close(stop); shoppers.Wait() })
	defer end()
	r.goesOn(more)

	r.migrate(now) // old replicas go on
	a = r.replace(a, now)
	r.across(a.addr, b.addr)
	r.goesOn(more) // both versions at once
	b = r.replace(b, now)
	r.goesOn(more)

	old, err := keyset.New(keyset.Config{Keyset: r.secret})
	if err != nil {
		t.Fatal(err)
	}
	r.deployed(keyset.Rotate(keyset.Config{Keyset: r.secret}))
	a = r.replace(a, now)
	r.across(a.addr, b.addr)
	r.goesOn(more) // both keys seal
	b = r.replace(b, now)
	r.rewraps(old.PrimaryID())
	r.deployed(keyset.Remove(keyset.Config{Keyset: r.secret}, old.PrimaryID()))
	a, b = r.replace(a, now), r.replace(b, now)
	r.goesOn(more)
	if n := r.site.balance.failed.Load(); n > 0 {
		t.Errorf("%d requests got no answer while replicas were replaced; draining loses none", n)
	}
	if lost, again := r.unheard.Load(), r.again.Load(); lost+again > 0 {
		t.Errorf("%d replies were lost, and %d sign-ins had to begin again, while nothing was broken; what one replica begins any other finishes", lost, again)
	}

	r.cluster.killMaster("mfa:{" + challenge.Tag(r.handle("user-0")) + "}:b")
	r.goesOn(2 * more)
	r.cluster.well()
	r.goesOn(more)
	end()

	r.holdsWhatItHad()
	if got := r.guess(guessed, "locked-out"); got.Error != "locked" {
		t.Errorf("somebody who was locked before all of this is not any more: %+v", got)
	}
	for _, what := range r.customers.faults {
		t.Error(what)
	}
	r.stop(a)
	r.stop(b)
	t.Logf("%d sign-ins, %d begun again, %d whose reply was lost", r.accepted.Load(), r.again.Load(), r.unheard.Load())
}

// handle is the random handle of somebody's account.
func (r *rollout) handle(user string) []byte {
	t := r.site.t
	t.Helper()
	snap, err := r.where.open(t).Load(t.Context(), "", user)
	if err != nil || len(snap.Account.Handle) == 0 {
		t.Fatalf("%s has no account: %v", user, err)
	}
	return snap.Account.Handle
}

// rewraps seals everything again under the key of now, while people sign in, until nothing is left under the old one.
func (r *rollout) rewraps(old uint32) {
	t := r.site.t
	t.Helper()
	reg, _ := r.registry()
	until(t, "a pass that finds nothing under the old key", func() bool {
		for _, step := range []func(context.Context, registry.Rewrap) (registry.Progress, error){reg.Admin().Rewrap, reg.Admin().Keys} {
			w := registry.Rewrap{Actor: "operator", Reason: "rotation"}
			left := 0
			for more := true; more; more = w.After != "" {
				p, err := step(t.Context(), w)
				if err != nil {
					t.Fatal(err)
				}
				if len(p.Unopened) > 0 {
					t.Fatalf("%d rows do not open: %+v", len(p.Unopened), p.Unopened[0])
				}
				left += p.Keys[fmt.Sprint(old)]
				w.After = p.Next
			}
			if left == 0 {
				return true
			}
		}
		return false
	})
}

// locks guesses until somebody is locked.
func (r *rollout) locks(name string) *browser {
	t := r.site.t
	t.Helper()
	r.enrol(name)
	b := &browser{all: r.customers}
	for range 20 {
		if got := r.guess(b, name); got.Error == "locked" {
			return b
		}
	}
	t.Fatal("nobody was locked")
	return nil
}

// guess signs in by a wrong code.
func (r *rollout) guess(b *browser, name string) heard {
	b.patiently("/sign-in", map[string]any{"name": name, "password": password})
	ch := b.patiently("/begin", map[string]any{"kind": "backup"})
	if ch.Error != "" {
		return ch
	}
	return b.patiently("/finish", map[string]any{"challenge": ch.Challenge, "response": map[string]string{"code": strings.Repeat("0", 24)}})
}

// holdsWhatItHad compares everybody's factors with what they attached, and their codes with what they used.
func (r *rollout) holdsWhatItHad() {
	t := r.site.t
	t.Helper()
	reg, _ := r.registry()
	for _, name := range r.names {
		have, err := reg.Admin().Account(t.Context(), registry.Deed{User: name, Actor: "operator", Reason: "audit"})
		if err != nil {
			t.Fatal(err)
		}
		kinds := map[string]string{}
		for _, f := range have.Factors {
			if !f.Usable {
				t.Errorf("%s's %s cannot be used any more", name, f.Kind)
			}
			kinds[f.Kind] = f.Hint
		}
		left := 10 - r.spent[name]
		if _, app := kinds["totp"]; !app || len(have.Factors) != 2 || !strings.Contains(kinds["backup"], fmt.Sprint(left)) {
			t.Errorf("%s has %v; want an app, and codes of which %d are left", name, kinds, left)
		}
	}
	var spentTwice int
	db, err := sql.Open(r.where.driver, r.where.dsn)
	if err == nil {
		err = db.QueryRowContext(t.Context(), `SELECT count(*) - count(DISTINCT key) FROM cofactor_redeemed`).Scan(&spentTwice)
	}
	if err != nil || spentTwice != 0 {
		t.Errorf("%d keys are spent twice: %v", spentTwice, err)
	}
	_ = db.Close()
}
