package faults_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/cofactor-mfa/cofactor/registry"
)

const (
	seedsVariable = "COFACTOR_FAULTS_SEEDS" // how many
	seedVariable  = "COFACTOR_FAULTS_SEED"  // only this one

	users          = 3
	playersPerUser = 2
	faultsPerSeed  = 4
	mostActions    = 200 // of one player, so that a seed ends on a machine of any speed
	orderLimit     = 30 * time.Second
)

// Each seed is a schedule of faults, and of what people do meanwhile. The schedule repeats; how it meets the servers does not, quite.
func TestNothingIsAcceptedTwiceWhileServersFail(t *testing.T) { // attack
	t.Parallel()
	first, n := uint64(1), number(t, seedsVariable, 2)
	if seed := number(t, seedVariable, 0); seed != 0 {
		first, n = uint64(seed), 1
	}
	pg := startPostgres(t)
	for seed := first; seed < first+uint64(n); seed++ {
		passed := t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			runSeed(t, seed, pg)
		})
		if !passed {
			t.Fatalf("to repeat it: make faults SEED=%d", seed)
		}
	}
}

func number(t testing.TB, variable string, otherwise int) int {
	t.Helper()
	text := os.Getenv(variable)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		t.Fatalf("%s is %q, and not a number", variable, text)
	}
	return n
}

func runSeed(t *testing.T, seed uint64, pg *pgServer) {
	dice := rand.New(rand.NewPCG(seed, 2))
	if dice.IntN(4) == 0 {
		pg = nil // a file has no network
	}
	s, w, where := deploy(t, seed, pg)
	people := make([]string, users)
	for i := range people {
		people[i] = fmt.Sprint("user ", i)
		w.enrol(people[i])
	}

	var wg sync.WaitGroup
	over := make(chan struct{})
	for i := range users * playersPerUser {
		p := &player{world: w, id: i, user: people[i%users], dice: rand.New(rand.NewPCG(seed, uint64(100+i)))}
		wg.Go(func() { p.play(over) })
	}
	w.breakThings(dice, s)
	close(over)
	wg.Wait()

	store := where.open(t)
	ctx := t.Context()
	w.auditSpent(ctx, store, people[0])
	w.recovers(people)
	w.check(orderLimit)
	w.audit(ctx, store, people)
	w.report()
}

// play does what people do, until it is over.
func (p *player) play(over <-chan struct{}) {
	can := actions()
	for range mostActions {
		select {
		case <-over:
			return
		default:
			can[p.dice.IntN(len(can))](p)
		}
	}
}

// breakThings has some faults happen, one after the other, each for a while and with a while after it.
func (w *world) breakThings(dice *rand.Rand, s *servers) {
	spell := func(most time.Duration) {
		time.Sleep(200*time.Millisecond + time.Duration(dice.Int64N(int64(most))))
		w.clock.step(31 * time.Second)
	}
	steps := []time.Duration{-10 * time.Minute, 10 * time.Minute, 16 * time.Minute, -time.Minute}
	spell(300 * time.Millisecond)
	for range faultsPerSeed {
		all := s.faults()
		f := all[dice.IntN(len(all))]
		w.t.Log(f.name)
		f.strike()
		spell(800 * time.Millisecond)
		f.heal()
		s.settle()
		spell(500 * time.Millisecond)
		if dice.IntN(3) == 0 {
			step := steps[dice.IntN(len(steps))]
			w.t.Log("the clock steps by ", step)
			w.clock.step(step)
		}
	}
}

// enrol gives a user an app, an address and backup codes, while nothing is broken.
func (w *world) enrol(user string) {
	w.t.Helper()
	p := &player{world: w, id: users * playersPerUser, user: user, dice: rand.New(rand.NewPCG(1, 1))}
	who := p.who()
	login, code := try(w, "start_login", func(ctx context.Context) (registry.Login, error) {
		return w.sides[0].StartLogin(ctx, registry.Start{Who: who, Primary: []string{"pwd"}})
	})
	if code != ok {
		w.t.Fatalf("the first login: %v", code)
	}
	e := registry.Enrol{Who: who, Pending: login.Pending, Kind: "app"}
	for _, kind := range []string{"app", "post", "backup"} {
		e.Kind = kind
		name := map[string]string{"app": w.name("app"), "post": "post", "backup": w.name("codes")}[kind]
		got, attached := p.attach(e, changed{user: user, came: name})
		for more := 3; !attached && more > 0; more-- { // nothing is broken yet, but a busy machine can be too late
			got, attached = p.attach(e, changed{user: user, came: name})
		}
		if !attached {
			w.t.Fatalf("%s was not attached", kind)
		}
		if e.Pending, e.Proof = "", got.Proof; e.Proof == "" {
			w.t.Fatal("an attached factor gave no proof")
		}
	}
}

// recovers waits until the servers are well, and then expects every user to get in, on either replica, and to have what they were told.
func (w *world) recovers(people []string) {
	w.t.Helper()
	w.clock.step(49 * time.Hour) // locks are over
	for _, user := range people {
		p := &player{world: w, id: users * playersPerUser, user: user, dice: rand.New(rand.NewPCG(2, 2))}
		for _, side := range w.sides {
			until(w.t, "a login after all is well", func() bool {
				b, begun := p.begin("app")
				if !begun {
					return false
				}
				_, code := p.give(side, p.rightCode(b))
				return code == ok
			})
			if _, listed := p.listed(side); !listed {
				w.broke("the factors of %s cannot be listed after all is well", user)
			}
		}
	}
}
