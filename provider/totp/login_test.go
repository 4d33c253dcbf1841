package totp_test

import (
	"bytes"
	"errors"
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/provider/totp"
)

var noon = at(1800000000) // the beginning of a step

func TestACodeWorksOnce(t *testing.T) { // attack
	t.Parallel()
	a := phone()
	who := &account{t: t, p: newProvider(t, totp.Config{}), data: a.record(0)}
	if err := who.login(a.codeAt(noon), noon); err != nil {
		t.Fatal(err)
	}
	for i := range 32 {
		if err := who.login(a.codeAt(noon), noon); err != provider.ErrRejected {
			t.Fatalf("replay %d: a used code must be ErrRejected itself, as a wrong one is: %v", i, err)
		}
	}
	if err := who.login(wrongCode(a, noon), noon); err != provider.ErrRejected {
		t.Errorf("a wrong code must be ErrRejected itself: %v", err)
	}
}

func TestAnOlderCodeIsUsedUpToo(t *testing.T) { // attack: A-2
	t.Parallel()
	a := phone()
	later := noon.Add(30 * time.Second)
	t.Run("trailing step", func(t *testing.T) {
		t.Parallel()
		who := &account{t: t, p: newProvider(t, totp.Config{}), data: a.record(0)}
		mustLogin(t, who, a.codeAt(noon), noon)
		mustReject(t, who, a.codeAt(noon), later)
	})
	t.Run("newer first", func(t *testing.T) {
		t.Parallel()
		who := &account{t: t, p: newProvider(t, totp.Config{}), data: a.record(0)}
		mustLogin(t, who, a.codeAt(later), noon)
		mustReject(t, who, a.codeAt(noon), noon)
		mustReject(t, who, a.codeAt(later), later)
		mustLogin(t, who, a.codeAt(later.Add(30*time.Second)), later)
	})
}

func TestAnotherSpellingIsTheSameCode(t *testing.T) { // attack
	t.Parallel()
	a := phone()
	c := a.codeAt(noon)
	p := newProvider(t, totp.Config{})
	for _, spelling := range []string{c, " " + c, c + " ", c[:3] + " " + c[3:], c[:3] + "-" + c[3:], "-" + c} {
		who := &account{t: t, p: p, data: a.record(0)}
		mustLogin(t, who, spelling, noon)
		mustReject(t, who, c, noon)
		mustReject(t, who, spelling, noon)
	}
	for _, other := range []string{
		"", " ", "-", c + "\n", "\t" + c, "\u00a0" + c, "\u2003" + c, "\u200b" + c, c + "\x00", "+" + c, "0x" + c,
		fullwidth(c), arabic(c), c[:5], c + "0", "0" + c, c + c,
	} {
		who := &account{t: t, p: p, data: a.record(0)}
		if err := who.login(other, noon); !errors.Is(err, provider.ErrRejected) && !errors.Is(err, provider.ErrInvalid) {
			t.Errorf("%q must be refused: %v", other, err)
		}
	}
}

// A used code must stay used to the last second of its window, and a memory with an expiry may be shorter than the window is.
func TestAUsedCodeStaysUsedToTheEndOfItsWindow(t *testing.T) { // attack: A-7
	t.Parallel()
	a := phone()
	who := &account{t: t, p: newProvider(t, totp.Config{Skew: totp.TwoSteps}), data: a.record(0)}
	ahead := a.code(a.step(noon) + 2)
	mustLogin(t, who, ahead, noon)
	for s := range 240 {
		mustReject(t, who, ahead, noon.Add(time.Duration(s)*time.Second))
	}
}

func TestTheWindowIsExact(t *testing.T) { // attack: A-50
	t.Parallel()
	a := phone()
	a.period = 20
	step := a.step(noon)
	for skew, steps := range map[totp.Skew]int64{totp.OneStep: 1, totp.NoSkew: 0, totp.TwoSteps: 2} {
		p := newProvider(t, totp.Config{Skew: skew})
		accepted := int64(0)
		for s := step*20 - 100; s < step*20+100; s++ {
			who := &account{t: t, p: p, data: a.record(0)}
			if who.login(a.code(step), at(s)) != nil {
				continue
			}
			if accepted++; s < (step-steps)*20 || s >= (step+steps+1)*20 {
				t.Errorf("skew %d: accepted %d s after its step began", steps, s-step*20)
			}
		}
		if accepted != (2*steps+1)*20 {
			t.Errorf("skew %d: a code is accepted for %d s, and the documentation says %d", steps, accepted, (2*steps+1)*20)
		}
	}
}

func TestAWrongCodeBurnsNothing(t *testing.T) { // attack: A-9
	t.Parallel()
	a := phone()
	who := &account{t: t, p: newProvider(t, totp.Config{}), data: a.record(0)}
	future := noon.Add(150 * time.Second)
	mustReject(t, who, a.codeAt(future), noon)
	mustLogin(t, who, a.codeAt(future), future)
}

func TestOneCodeOfTwoUsersWorksForBoth(t *testing.T) { // attack: A-8
	t.Parallel()
	a := phone()
	p := newProvider(t, totp.Config{})
	for range 2 {
		mustLogin(t, &account{t: t, p: p, data: a.record(0)}, a.codeAt(noon), noon)
	}
}

func TestAClockSetBackOpensNothing(t *testing.T) { // attack: A-154
	t.Parallel()
	a := phone()
	who := &account{t: t, p: newProvider(t, totp.Config{}), data: a.record(0)}
	mustLogin(t, who, a.codeAt(noon), noon)
	for back := noon.Add(-10 * time.Minute); !back.After(noon); back = back.Add(30 * time.Second) {
		mustReject(t, who, a.codeAt(noon), back)
		mustReject(t, who, a.codeAt(back), back)
	}
}

func TestAnAbsurdClockIsNoVerdict(t *testing.T) { // attack: A-155
	t.Parallel()
	a := phone()
	p := newProvider(t, totp.Config{Skew: totp.TwoSteps})
	for _, now := range []time.Time{{}, at(0), at(-1), at(-30), at(math.MinInt64), at(math.MaxInt64), at(253402300800), time.Date(1000000, 1, 1, 0, 0, 0, 0, time.UTC)} {
		for _, code := range []string{a.code(0), a.code(-1), "000000", a.codeAt(now)} {
			if len(code) != 6 {
				continue
			}
			_, err := p.LoginVerify(t.Context(), request(a.record(0), now), typed(code))
			noVerdict(t, err)
			_, err = p.SetupVerify(t.Context(), provider.SetupRequest{User: alice, Now: now}, provider.Answer{Private: a.record(0), Response: typed(code).Response})
			noVerdict(t, err)
		}
	}
	for _, now := range []time.Time{at(1), at(29), at(59), at(253402300799)} {
		who := &account{t: t, p: p, data: a.record(0)}
		mustLogin(t, who, a.code(a.step(now)+1), now)
		mustReject(t, &account{t: t, p: p, data: a.record(0)}, a.code(-1), now)
	}
}

// Two steps of one window have the same code now and then. Each is an answer of its own, and the earlier must go first: taking the later would use
// up the steps between.
func TestTwoStepsWithOneCode(t *testing.T) {
	t.Parallel()
	a := phone()
	for _, first := range []int64{62075368, 61331809} { // Found by search: the code comes again one step, and two steps, later.
		second := first + 1
		if a.code(second) != a.code(first) {
			second++
		}
		if a.code(second) != a.code(first) {
			t.Fatal("the steps do not collide")
		}
		now := at((first + 1) * 30)
		who := &account{t: t, p: newProvider(t, totp.Config{}), data: a.record(0)}
		mustLogin(t, who, a.code(first), now)
		if want := a.record(uint64(first)); !bytes.Equal(who.data, want) {
			t.Fatalf("the earliest unused step must be the one that is burnt: %x, want %x", who.data, want)
		}
		mustLogin(t, who, a.code(first), now)
		if want := a.record(uint64(second)); !bytes.Equal(who.data, want) {
			t.Fatalf("then the later one: %x, want %x", who.data, want)
		}
		mustReject(t, who, a.code(first), now)
	}
}

// Whatever the order of times and codes, burnt steps only ever go up, and no step is accepted twice.
func TestStepsOnlyGoUp(t *testing.T) {
	t.Parallel()
	p := newProvider(t, totp.Config{Skew: totp.TwoSteps})
	rapid.Check(t, func(rt *rapid.T) {
		a := anyApp(rt)
		who := &account{t: t, p: p, data: a.record(0)}
		last := int64(0)
		for range rapid.IntRange(1, 12).Draw(rt, "answers") {
			now := noon.Add(time.Duration(rapid.Int64Range(-300, 300).Draw(rt, "s")) * time.Second)
			if who.login(a.code(a.step(now)+rapid.Int64Range(-3, 3).Draw(rt, "off")), now) != nil {
				continue
			}
			if burnt := lastStep(t, who.data); burnt <= last {
				rt.Fatalf("step %d was burnt after step %d", burnt, last)
			} else {
				last = burnt
			}
		}
	})
}

func TestExactlyOneFactor(t *testing.T) {
	t.Parallel()
	p := newProvider(t, totp.Config{})
	f := provider.Factor{ID: "f1", Data: phone().record(0)}
	for _, factors := range [][]provider.Factor{nil, {}, {f, {ID: "f2", Data: f.Data}}} {
		req := provider.LoginRequest{User: alice, Factors: factors, Now: noon}
		_, err := p.LoginHook(t.Context(), req)
		noVerdict(t, err)
		_, err = p.LoginVerify(t.Context(), req, typed(phone().codeAt(noon)))
		noVerdict(t, err)
	}
}

func TestLoginHookTellsTheLengthOfTheCodeAndNoMore(t *testing.T) {
	t.Parallel()
	a := phone()
	a.digits = 8
	got, err := newProvider(t, totp.Config{}).LoginHook(t.Context(), request(a.record(0), noon))
	if err != nil || got.Public != (totp.LoginPrompt{Digits: 8}) || got.Private != nil || got.Deliver != nil {
		t.Errorf("got %+v, %v", got, err)
	}
}

func mustLogin(t testing.TB, who *account, code string, now time.Time) {
	t.Helper()
	if err := who.login(code, now); err != nil {
		t.Fatalf("%q at %v must be right: %v", code, now, err)
	}
}

func mustReject(t testing.TB, who *account, code string, now time.Time) {
	t.Helper()
	if err := who.login(code, now); err != provider.ErrRejected {
		t.Fatalf("%q at %v must be ErrRejected: %v", code, now, err)
	}
}

func noVerdict(t testing.TB, err error) {
	t.Helper()
	if err == nil || isVerdict(err) {
		t.Errorf("there must be an error that is no verdict: %v", err)
	}
}

func isVerdict(err error) bool {
	return errors.Is(err, provider.ErrRejected) || errors.Is(err, provider.ErrInvalid) || errors.Is(err, provider.ErrCompromised)
}

func wrongCode(a app, now time.Time) string {
	right := map[string]bool{}
	for d := int64(-12); d <= 12; d++ {
		right[a.code(a.step(now)+d)] = true
	}
	for _, c := range []string{"000000", "111111", "222222"} {
		if !right[c] {
			return c
		}
	}
	panic("unreachable")
}

func fullwidth(c string) string { return shift(c, '０') }
func arabic(c string) string    { return shift(c, '٠') }

func shift(c string, zero rune) (out string) {
	for _, d := range c {
		out += string(zero + d - '0')
	}
	return out
}
