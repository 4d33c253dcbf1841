package faults_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/cofactor-mfa/cofactor/factor"
	"github.com/cofactor-mfa/cofactor/factor/sqlstore"
	"github.com/cofactor-mfa/cofactor/internal/testenv"
	"github.com/cofactor-mfa/cofactor/registry"
)

// mostSteps is more than any change has, so that a test ends.
const mostSteps = 60

// lifeCycle are the changes that must not be left half done. Each begins one for a user who has two apps, an address and a set of codes,
// and says what the user has after it.
var lifeCycle = map[string]func(p *player, have []registry.Attached, e *errand) (after []string){
	"an app is added": func(p *player, have []registry.Attached, e *errand) []string {
		name := p.name("app")
		e.Finish = p.begins(registry.Enrol{Kind: "app", Label: name})
		return append(labels(have), name)
	},
	"an app is replaced": func(p *player, have []registry.Attached, e *errand) []string {
		name, old := p.name("app"), apps(have)[1]
		e.Finish = p.begins(registry.Enrol{Kind: "app", Label: name, Replaces: old.ID})
		return append(slices.DeleteFunc(labels(have), func(n string) bool { return n == old.Label }), name)
	},
	"an app is removed": func(p *player, have []registry.Attached, e *errand) []string {
		old := apps(have)[1]
		who, login, _ := p.signIn()
		e.Remove = &registry.Manage{Who: who, Proof: login.Proof, Factor: old.ID}
		return slices.DeleteFunc(labels(have), func(n string) bool { return n == old.Label })
	},
	"backup codes are renewed": func(p *player, have []registry.Attached, e *errand) []string {
		name := p.name("codes")
		e.Finish = p.begins(registry.Enrol{Kind: "backup", Label: name})
		return append(slices.DeleteFunc(labels(have), func(n string) bool { return n[:3] == "cod" }), name)
	},
}

// A program that dies between any two steps leaves what there was, or what there was to be, and people sign in by exactly that.
func TestACrashLeavesTheOldOrTheNew(t *testing.T) {
	t.Parallel()
	databases := map[string]func(t testing.TB) database{"SQLite": newFile}
	if os.Getenv(seedsVariable) != "" {
		databases["PostgreSQL"] = func(t testing.TB) database {
			url := testenv.Postgres(t)
			return newDatabase(t, url, addrOf(t, url))
		}
	}
	for what, open := range databases {
		t.Run(what, func(t *testing.T) {
			redis := startRedis(t)
			for name, begin := range lifeCycle {
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					where := open(t)
					var on [2]stores
					for i := range on {
						on[i].challenges = openRedis(t, redis.addr)
						on[i].factors = where.open(t)
					}
					w := newWorld(t, newHistory(), on)
					e := errand{Keyset: w.secret, Redis: redis.addr, Driver: where.driver, DSN: where.dsn, Dialect: where.dialect}
					w.crashes(where.open(t), e, name, begin)
					w.report()
				})
			}
		})
	}
}

// crashes has the change die before each of its steps, each time for another user, until it comes through.
func (w *world) crashes(store *sqlstore.Store, e errand, name string, begin func(*player, []registry.Attached, *errand) []string) {
	w.t.Helper()
	var users []string
	defer func() { w.auditEvents(w.t.Context(), store, users) }()
	old := 0
	for e.Die = 1; e.Die < mostSteps; e.Die++ {
		p := &player{world: w, user: fmt.Sprint(name, " ", e.Die), dice: rand.New(rand.NewPCG(1, 1))}
		users = append(users, p.user)
		w.enrol(p.user)
		if who, login, in := p.signIn(); in {
			p.attach(registry.Enrol{Who: who, Proof: login.Proof, Kind: "app"}, changed{user: p.user, came: w.name("app")})
		}
		have, _ := p.listed(w.sides[0])
		before := labels(have)
		after := begin(p, have, &e)
		e.Now = w.clock.now().UnixMilli()
		account := p.account(store)
		died := e.run(w.t)

		is := p.holds(before, after)
		if is != list(before) {
			account.Version++
		}
		if now := p.account(store); now.Version != account.Version || is == list(before) && now.Epoch != account.Epoch {
			w.broke("%s: the factors are %s, and the account is %+v", p.user, is, now)
		}
		if e.Finish != nil && is == list(after) {
			p.repeats(*e.Finish)
		}
		if died && is == list(before) {
			old++
		}
		if !died {
			if is != list(after) {
				w.broke("%s: it came through, and yet the user has %s", name, is)
			}
			if old < 3 || int(e.Die)-1-old < 1 {
				w.broke("%s: %d of %d crashes left the old state; that is not before and after a change", name, old, e.Die-1)
			}
			return
		}
	}
	w.t.Fatalf("%s has over %d steps", name, mostSteps)
}

// run makes the call in a program of its own, and says whether that died of it.
func (e errand) run(t testing.TB) (died bool) {
	t.Helper()
	text, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "errand")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), errandVariable+"="+file)
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return false
	case errors.As(err, &exit) && exit.ExitCode() == -1: // by a signal
		return true
	}
	t.Fatalf("the program failed before it died: %v\n%s", err, out)
	return false
}

// holds compares what a user has with what there was and what there was to be, signs in by each of it, and by nothing else.
func (p *player) holds(before, after []string) string {
	p.t.Helper()
	have, listed := p.listed(p.sides[1])
	is := labels(have)
	if !listed || (list(is) != list(before) && list(is) != list(after)) {
		p.broke("%s: the user has %s; want %s, or %s", p.user, list(is), list(before), list(after))
	}
	for _, name := range slices.Compact(names(list(append(slices.Clone(before), after...)))) {
		worked := p.worksWith(name)
		if worked != slices.Contains(is, name) {
			p.broke("%s: the user has %s, and signing in by %s worked: %v", p.user, list(is), name, worked)
		}
	}
	return list(is)
}

// account is the row that a change must write together with the factors.
func (p *player) account(store *sqlstore.Store) factor.Account {
	p.t.Helper()
	snap, err := store.Load(p.t.Context(), tenant, p.user)
	if err != nil {
		p.t.Fatal(err)
	}
	return snap.Account
}

// repeats finishes what was finished before the crash.
func (p *player) repeats(f registry.Finish) {
	_, code := try(p.world, "finish_setup", func(ctx context.Context) (registry.Login, error) { return p.sides[0].FinishSetup(ctx, f) })
	if code == ok {
		p.broke("%s: a set-up was finished once more after the crash", p.user)
	}
}

// worksWith tries to sign in by one factor.
func (p *player) worksWith(name string) bool {
	p.clock.step(time.Minute) // a message may be sent again
	b, begun := p.beginWith(func(c registry.Choice) bool { return c.Label == name })
	if !begun {
		return false
	}
	a := b.with(typed(p.post.received(b.Public)))
	a.right, a.recovery = true, b.Kind == "backup"
	switch b.Kind {
	case "app":
		a = p.rightCode(b)
	case "backup":
		a.Response = json.RawMessage(fmt.Sprintf(`{"code":%q}`, p.paper(name)[0]))
	}
	_, code := p.give(p.side(), a)
	return code == ok
}

// begins begins a set-up on a fresh proof, and returns what finishes it.
func (p *player) begins(e registry.Enrol) *registry.Finish {
	who, login, in := p.signIn()
	if e.Who, e.Proof = who, login.Proof; !in {
		p.t.Fatal("no login before a set-up")
	}
	ch, code := try(p.world, "begin_setup", func(ctx context.Context) (registry.Challenge, error) { return p.sides[0].BeginSetup(ctx, e) })
	if code != ok {
		p.t.Fatalf("begin_setup: %v", code)
	}
	f := &registry.Finish{Who: who, Challenge: ch.ID, Response: saved}
	p.mu.Lock()
	defer p.mu.Unlock()
	if e.Kind == "backup" {
		p.papers[e.Label] = codesOn(ch.Public)
		return f
	}
	phone := &phone{secret: fmt.Sprint(ch.Public)}
	p.phones[e.Label] = phone
	first, _ := phone.next()
	f.Response = typed(first)
	return f
}

func labels(have []registry.Attached) (names []string) {
	for _, f := range have {
		names = append(names, f.Label)
	}
	return names
}
