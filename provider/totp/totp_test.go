package totp_test

import (
	"context"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/provider/totp"
)

func TestConfigurationsThatMustNotStart(t *testing.T) { // attack
	t.Parallel()
	good := totp.Config{Issuer: "Acme"}
	for name, change := range map[string]func(*totp.Config){
		"no issuer":             func(c *totp.Config) { c.Issuer = "" },
		"issuer with colon":     func(c *totp.Config) { c.Issuer = "Acme:Evil" },
		"issuer with newline":   func(c *totp.Config) { c.Issuer = "Ac\nme" },
		"issuer with C1":        func(c *totp.Config) { c.Issuer = "Ac\u0085me" },
		"issuer not UTF-8":      func(c *totp.Config) { c.Issuer = "Ac\xffme" },
		"issuer too long":       func(c *totp.Config) { c.Issuer = strings.Repeat("a", 65) },
		"issuer with space":     func(c *totp.Config) { c.Issuer = " Acme" },
		"issuer of a space":     func(c *totp.Config) { c.Issuer = " " },
		"unknown algorithm":     func(c *totp.Config) { c.Algorithm = totp.SHA512 + 1 },
		"digits 1":              func(c *totp.Config) { c.Digits = 1 },
		"digits 5":              func(c *totp.Config) { c.Digits = 5 },
		"digits 7":              func(c *totp.Config) { c.Digits = 7 },
		"digits 9":              func(c *totp.Config) { c.Digits = 9 },
		"digits negative":       func(c *totp.Config) { c.Digits = -6 },
		"period 14 s":           func(c *totp.Config) { c.Period = 14 * time.Second },
		"period 61 s":           func(c *totp.Config) { c.Period = 61 * time.Second },
		"period negative":       func(c *totp.Config) { c.Period = -30 * time.Second },
		"period without unit":   func(c *totp.Config) { c.Period = 30 },
		"period with fractions": func(c *totp.Config) { c.Period = 30*time.Second + 1 },
		"skew 3":                func(c *totp.Config) { c.Skew = totp.TwoSteps + 1 },
		"skew 255":              func(c *totp.Config) { c.Skew = 255 },
	} {
		cfg := good
		change(&cfg)
		if p, err := totp.New(cfg); err == nil || p != nil {
			t.Errorf("%s must not start: %v", name, err)
		}
	}
	for _, cfg := range []totp.Config{good, {Issuer: strings.Repeat("ä", 32), Algorithm: totp.SHA512, Digits: 8, Period: 15 * time.Second, Skew: totp.TwoSteps}, {Issuer: "A", Digits: 6, Period: 60 * time.Second, Skew: totp.NoSkew}} {
		if _, err := totp.New(cfg); err != nil {
			t.Errorf("%+v: %v", cfg, err)
		}
	}
}

func TestAllFaultsAtOnce(t *testing.T) {
	t.Parallel()
	_, err := totp.New(totp.Config{Algorithm: 9, Digits: 7, Period: time.Second, Skew: 9})
	for _, field := range []string{"Issuer", "Algorithm", "Digits", "Period", "Skew"} {
		if err == nil || !strings.Contains(err.Error(), "Config."+field) {
			t.Errorf("the error must name %s: %v", field, err)
		}
	}
}

func TestInfo(t *testing.T) {
	t.Parallel()
	p := newProvider(t, totp.Config{})
	info := p.Info()
	if err := info.Validate(); err != nil {
		t.Error(err)
	}
	if want := (provider.Info{Kind: "totp", AMR: []string{"otp"}, Class: provider.Possession, Lifetime: 90 * time.Second}); !reflect.DeepEqual(info, want) {
		t.Errorf("got %+v", info)
	}
	for skew, want := range map[totp.Skew]time.Duration{totp.NoSkew: 30 * time.Second, totp.TwoSteps: 150 * time.Second} {
		if got := newProvider(t, totp.Config{Skew: skew}).Info().Lifetime; got != want {
			t.Errorf("with a skew of %v a code is said to live for %v; want %v", skew, got, want)
		}
	}
	info.AMR[0] = "pwned"
	if p.Info().AMR[0] != "otp" {
		t.Error("a caller can change what the provider says of itself")
	}
}

// Every answer makes and compares all codes of the window, which the allocations of the library show: it needs ten for each step, so a step
// that is left out, for a reused code or after the match, cannot hide in the two that the race detector adds at random. // attack: A-128
func TestTheWorkDoesNotDependOnTheAnswer(t *testing.T) {
	const ceiling = 66 // 57 measured, 64 under the race detector; 30 are the library's
	const noise = 3
	a := phone()
	p := newProvider(t, totp.Config{})
	step := a.step(noon)
	allocs := func(last int64, code string) float64 {
		req, ans := request(a.record(uint64(last)), noon), typed(code)
		return testing.AllocsPerRun(100, func() { _, _ = p.LoginVerify(context.Background(), req, ans) })
	}
	right := allocs(0, a.code(step))
	if right > ceiling {
		t.Errorf("LoginVerify needs %v allocations, which is over %d", right, ceiling)
	}
	for name, n := range map[string]float64{
		"wrong": allocs(0, wrongCode(a, noon)), "reused": allocs(step+1, a.code(step)), "too short": allocs(0, a.code(step)[:5]), "too long": allocs(0, a.code(step)+"0"),
		"right, first step": allocs(0, a.code(step-1)), "right, last step": allocs(0, a.code(step+1)),
	} {
		if math.Abs(n-right) > noise {
			t.Errorf("%s: %v allocations, and %v for a right code", name, n, right)
		}
	}
}

func BenchmarkLoginVerify(b *testing.B) {
	a := phone()
	p := newProvider(b, totp.Config{})
	for _, v := range []struct{ name, code string }{{"right", a.codeAt(noon)}, {"right-first-step", a.code(a.step(noon) - 1)}, {"right-last-step", a.code(a.step(noon) + 1)}, {"wrong", wrongCode(a, noon)}} {
		b.Run(v.name, func(b *testing.B) {
			req, ans := request(a.record(0), noon), typed(v.code)
			b.ReportAllocs()
			for b.Loop() {
				_, _ = p.LoginVerify(b.Context(), req, ans)
			}
		})
	}
}
