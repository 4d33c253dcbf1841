package registry_test

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"github.com/cofactor-mfa/cofactor/provider"
	cototp "github.com/cofactor-mfa/cofactor/provider/totp"
	"github.com/cofactor-mfa/cofactor/registry"
)

// BenchmarkTogether compares how long the refusals of VerifyTogether take, on Redis and PostgreSQL: each against that of a wrong password, which is what somebody
// without one gets. It prints the ratio of the medians, and how likely a difference like the one that was seen is by chance (Mann and Whitney's U, two-sided). "work" is without the
// floor under all refusals, "answer" with it, as in production.
func BenchmarkTogether(b *testing.B) {
	const runs = 2000
	b.Run("work", func(b *testing.B) {
		s := newSite(b)
		report(b, s.sample(b, runs, 1))
	})
	b.Run("answer", func(b *testing.B) {
		s := newSite(b)
		s.patient, s.strict = s.w.registry(s.often...), s.w.registry(s.once...)
		report(b, s.sample(b, runs, 40))
	})
}

// timingSite has the users that a guesser may meet.
type timingSite struct {
	w               *world
	patient, strict *registry.Registry // of which one never locks, and one always
	often, once     []func(*registry.Config)
	secret          string // alice's
}

const timingBaseline = "wrong_password"

func newSite(b *testing.B) *timingSite {
	b.Helper()
	app, err := cototp.New(cototp.Config{Issuer: "Acme"})
	if err != nil {
		b.Fatal(err)
	}
	s := &timingSite{w: onServers(b, app, newSecret("pin"))}
	failures := func(budget registry.Budget) []func(*registry.Config) {
		return []func(*registry.Config){func(c *registry.Config) { c.Budgets = map[string]registry.Budget{"failures": budget} }}
	}
	s.often, s.once = failures(registry.Budget{Limit: 100, Window: time.Second, Max: time.Second}), failures(registry.Budget{Limit: 1, Window: 24 * time.Hour, Max: 24 * time.Hour})
	s.patient, s.strict = s.w.registry(s.often...).Unpadded(), s.w.registry(s.once...).Unpadded()
	s.secret = s.enrol(b, alice())
	s.enrol(b, carol())
	enrolled(b, s.patient, bob(), "pin")
	s.ask(b, s.strict, carol(), true)
	return s
}

func carol() registry.Who {
	return registry.Who{User: provider.User{ID: "carol", Name: "carol@example.com"}, Binding: "carol's session"}
}

func (s *timingSite) enrol(b *testing.B, who registry.Who) string {
	b.Helper()
	pending := start(b, s.patient, who).Pending
	ch, err := s.patient.BeginSetup(b.Context(), registry.Enrol{Who: who, Pending: pending, Kind: cototp.Kind})
	if err != nil {
		b.Fatal(err)
	}
	secret := ch.Public.(cototp.SetupPrompt).Secret
	if _, err := s.patient.FinishSetup(b.Context(), registry.Finish{Who: who, Pending: pending, Challenge: ch.ID, Response: s.code(b, secret)}); err != nil {
		b.Fatal(err)
	}
	return secret
}

func (s *timingSite) code(b *testing.B, secret string) json.RawMessage {
	b.Helper()
	c, err := totp.GenerateCode(secret, s.w.clock.Now())
	if err != nil {
		b.Fatal(err)
	}
	return typed(c)
}

func (s *timingSite) ask(b *testing.B, r *registry.Registry, who registry.Who, passwordOK bool) time.Duration {
	began := time.Now()
	l, err := r.VerifyTogether(b.Context(), registry.Together{Who: who, PrimaryOK: passwordOK, Kind: cototp.Kind, Response: no})
	took := time.Since(began)
	if err == nil || l.Satisfied {
		b.Errorf("%s was let in with 000000", who.User.ID)
	}
	return took
}

// sample asks in all ways, in an order that changes, runs times; so many at once.
func (s *timingSite) sample(b *testing.B, runs, atOnce int) map[string][]float64 {
	b.Helper()
	ways := map[string]func(int) time.Duration{
		timingBaseline: func(int) time.Duration { return s.ask(b, s.patient, alice(), false) },
		"wrong_code":   func(int) time.Duration { return s.ask(b, s.patient, alice(), true) },
		"unknown_user": func(i int) time.Duration {
			return s.ask(b, s.patient, registry.Who{User: provider.User{ID: fmt.Sprint("u", i)}, Binding: "s"}, false)
		},
		"another_factor": func(int) time.Duration { return s.ask(b, s.patient, bob(), true) },
		"locked":         func(int) time.Duration { return s.ask(b, s.strict, carol(), true) },
	}
	type measured struct {
		way  string
		took time.Duration
	}
	names := slices.Sorted(func(yield func(string) bool) {
		for name := range ways {
			if !yield(name) {
				return
			}
		}
	})
	took := map[string][]float64{}
	var queue []string
	for i := range runs {
		rand.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
		if queue = append(queue, names...); len(queue) < atOnce && i < runs-1 {
			continue
		}
		results := make(chan measured, len(queue))
		slots := make(chan struct{}, atOnce)
		for _, name := range queue {
			slots <- struct{}{}
			go func() { results <- measured{name, ways[name](i)}; <-slots }()
		}
		for range queue {
			m := <-results
			took[m.way] = append(took[m.way], float64(m.took))
		}
		queue = queue[:0]
		s.w.clock.Add(2 * time.Second) // budgets are new
		if i%20 == 19 {                // and so are the failures of alice's app, before they disable it
			s.w.clock.Add(time.Minute)
			_, err := s.patient.VerifyTogether(b.Context(), registry.Together{Who: alice(), PrimaryOK: true, Kind: cototp.Kind, Response: s.code(b, s.secret)})
			if err != nil {
				b.Fatal(err)
			}
		}
	}
	return took
}

func report(b *testing.B, took map[string][]float64) {
	b.Helper()
	b.ReportMetric(0, "ns/op") // says nothing here
	for name, sample := range took {
		if name != timingBaseline {
			b.ReportMetric(median(sample)/median(took[timingBaseline]), "median:"+name+"/"+timingBaseline)
			b.ReportMetric(mannWhitney(sample, took[timingBaseline]), "p:"+name)
		}
	}
}

func median(s []float64) float64 {
	s = slices.Sorted(slices.Values(s))
	return s[len(s)/2]
}

// mannWhitney is how likely it is that two samples of one distribution are as different as these, by the normal approximation, which is good for more than
// twenty of each.
func mannWhitney(a, b []float64) float64 {
	all := slices.Concat(a, b)
	slices.Sort(all)
	rank := func(v float64) float64 { // the mean rank of all that are equal
		first, _ := slices.BinarySearch(all, v)
		last := first
		for last < len(all) && all[last] == v {
			last++
		}
		return float64(first+1+last) / 2
	}
	sum := 0.0
	for _, v := range a {
		sum += rank(v)
	}
	n, m := float64(len(a)), float64(len(b))
	u := sum - n*(n+1)/2
	z := (u - n*m/2) / math.Sqrt(n*m*(n+m+1)/12)
	return math.Erfc(math.Abs(z) / math.Sqrt2)
}

// The statistic tells what is the same from what is not.
func TestMannWhitney(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 2))
	var one, same, other []float64
	for range 500 {
		one, same, other = append(one, rng.NormFloat64()), append(same, rng.NormFloat64()), append(other, rng.NormFloat64()+0.5)
	}
	if p := mannWhitney(one, same); p < 0.01 {
		t.Errorf("two samples of one distribution: p = %g", p)
	}
	if p := mannWhitney(one, other); p > 1e-6 {
		t.Errorf("samples of two distributions: p = %g", p)
	}
}
