package faults_test

import (
	"math/rand/v2"
	"testing"

	"github.com/cofactor-mfa/cofactor/registry"
)

// Whatever breaks: nobody gets in by it, each call says so in time, and all is well when it is over.
func TestEachFaultIsUnavailable(t *testing.T) { // attack
	t.Parallel()
	pg := startPostgres(t)
	var plan servers // nothing runs: it only knows what there is to break
	onlyNetwork := len(networkFaults("", nil))
	t.Run("beside each other", func(t *testing.T) {
		for i, f := range plan.redisFaults() {
			t.Run(f.name, func(t *testing.T) {
				t.Parallel()
				s, w, _ := deploy(t, 1, nil)
				w.survives(s, s.redisFaults()[i])
			})
		}
		for i, f := range plan.sqlFaults()[:onlyNetwork] {
			t.Run(f.name, func(t *testing.T) {
				t.Parallel()
				s, w, _ := deploy(t, 1, pg)
				w.survives(s, s.sqlFaults()[i])
			})
		}
	})
	for i, f := range plan.sqlFaults()[onlyNetwork:] {
		t.Run(f.name, func(t *testing.T) {
			s, w, _ := deploy(t, 1, pg)
			w.survives(s, s.sqlFaults()[onlyNetwork+i])
		})
	}
}

// survives has a fault happen in the middle of a login.
func (w *world) survives(s *servers, f fault) {
	w.t.Helper()
	const user = "alice"
	w.enrol(user)
	p := &player{world: w, user: user, dice: rand.New(rand.NewPCG(1, 1))}
	open, begun := p.begin("app")
	if !begun {
		w.t.Fatal("no login could be begun before anything was broken")
	}
	f.strike()
	answer := func(p *player, side *registry.Registry) {
		if _, code := p.give(side, p.rightCode(open)); code != registry.ErrUnavailable && !f.weak {
			w.broke("a right answer got %v", code)
		}
	}
	p.both(func(p *player, _ *registry.Registry) { p.both(answer, answer) }, func(p *player, _ *registry.Registry) {
		p.confirmAndSpend()
		p.signIn()
	})
	if n := w.logins; n > 0 && !f.weak {
		w.broke("%d people got in", n)
	}
	f.heal()
	s.settle()
	w.recovers([]string{user})
	w.check(orderLimit)
	for _, broken := range w.faults {
		w.t.Errorf("while %s: %s", f.name, broken)
	}
}
