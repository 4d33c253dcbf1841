package pumping_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cofactor-mfa/cofactor/internal/testenv/stores"
	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/provider/providertest"
	"github.com/cofactor-mfa/cofactor/provider/sms"
	"github.com/cofactor-mfa/cofactor/provider/sms/pumping"
	"github.com/cofactor-mfa/cofactor/provider/sms/pumping/countertest"
)

var start = time.Date(2030, time.March, 17, 12, 0, 0, 0, time.UTC)

func TestMemoryIsACounter(t *testing.T) {
	t.Parallel()
	countertest.Run(t, func() pumping.Counter { return pumping.NewMemory() })
}

// phones is an sms.Sender that keeps the last code of each number.
type phones struct {
	codes sync.Map
	sent  atomic.Int32
	err   error
}

func (p *phones) Send(_ context.Context, m sms.Message) error {
	if p.err != nil {
		return p.err
	}
	p.sent.Add(1)
	p.codes.Store(m.To, m.Text[strings.LastIndex(m.Text, "#")+1:])
	return nil
}

func (p *phones) code(to string) string {
	c, _ := p.codes.Load(to)
	s, _ := c.(string)
	return s
}

// guarded is text messages to Britain and France, guarded.
func guarded(t testing.TB, phone *phones, edit func(*pumping.Config)) provider.MultiFactorProvider {
	t.Helper()
	g, err := newGuarded(phone, edit)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func newGuarded(phone *phones, edit func(*pumping.Config)) (provider.MultiFactorProvider, error) {
	inner, err := sms.New(sms.Config{Sender: phone, App: "Acme", Host: "acme.example", Numbers: sms.Numbers{Countries: []string{"+44", "+33"}}})
	if err != nil {
		return nil, err
	}
	cfg := pumping.Config{Provider: inner, Counter: pumping.NewMemory(), Observe: func(context.Context, pumping.Decision) {}}
	if edit != nil {
		edit(&cfg)
	}
	return pumping.New(cfg)
}

func ask(t testing.TB, g provider.MultiFactorProvider, to string, now time.Time) (provider.Prompt, error) {
	t.Helper()
	p, err := g.SetupHook(t.Context(), provider.SetupRequest{Input: json.RawMessage(`{"phone":"` + to + `"}`), Now: now})
	if err != nil {
		t.Fatal(err)
	}
	return p, p.Deliver.Send(t.Context())
}

func british(i int) string { return fmt.Sprintf("+447911%06d", 100_000+i) }

// What the limits are on the days for which they were published, and that the message beyond them is the one that is noticed.
func TestWhatIsUsual(t *testing.T) { // attack: A-130
	t.Parallel()
	for name, c := range map[string]struct {
		best, today, hour int // verified: on the best day, today and in this hour
		dayLimit          int
		hourLimit         int
	}{
		"nothing is known":                  {0, 0, 0, 20, 3},
		"launch, 300 in the first hour":     {0, 300, 300, 60, 60},
		"an ordinary day of 1,000":          {1000, 1000, 200, 200, 40},
		"twice as much as ever":             {1000, 2000, 400, 400, 80},
		"a quiet day":                       {1000, 500, 0, 200, 33},
		"a small country's launch":          {0, 10, 10, 20, 3},
		"a small country's day":             {15, 15, 5, 20, 3},
		"a small country, twice as much":    {15, 30, 10, 20, 3},
		"an hour of 100 on a day of little": {0, 100, 100, 20, 20},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var last pumping.Decision
			counter := &fixed{Counts: pumping.Counts{BestDay: c.best, VerifiedDay: c.today, VerifiedHour: c.hour}}
			phone := &phones{}
			g := guarded(t, phone, func(cfg *pumping.Config) {
				cfg.Counter, cfg.Observe = counter, func(_ context.Context, d pumping.Decision) { last = d }
			})
			for _, x := range []struct {
				day, hour         int // unanswered
				overDay, overHour bool
			}{
				{c.dayLimit, c.hourLimit, false, false}, {c.dayLimit + 1, c.hourLimit, true, false}, {c.dayLimit, c.hourLimit + 1, false, true},
			} {
				counter.SentDay, counter.SentHour = c.today+x.day, c.hour+x.hour
				if _, err := ask(t, g, british(1), start); err != nil {
					t.Fatal(err)
				}
				if last.DayLimit != c.dayLimit || last.HourLimit != c.hourLimit || last.OverDay != x.overDay || last.OverHour != x.overHour {
					t.Errorf("with %d and %d unanswered: %+v; the limits are %d and %d", x.day, x.hour, last, c.dayLimit, c.hourLimit)
				}
			}
		})
	}
}

// fixed is a Counter that knows what it is told.
type fixed struct {
	pumping.Counts
	err     error
	unsent  int
	answers int
}

func (f *fixed) Sent(context.Context, time.Time, string) (pumping.Counts, error) {
	return f.Counts, f.err
}

func (f *fixed) Unsent(context.Context, time.Time, string) error {
	f.unsent++
	return f.err
}

func (f *fixed) Verified(context.Context, time.Time, string, string) error {
	f.answers++
	return f.err
}

// Nobody types the codes in: the fourth message of an hour is noticed, and in mode Deny not sent. Another country is another matter, and the next hour
// begins anew, up to the limit of the day.
func TestMessagesThatNobodyAnswersStop(t *testing.T) { // attack: A-130
	t.Parallel()
	for _, mode := range []pumping.Mode{pumping.Record, pumping.Deny} {
		var denied, over int
		phone := &phones{}
		g := guarded(t, phone, func(c *pumping.Config) {
			c.Mode = mode
			c.Observe = func(_ context.Context, d pumping.Decision) {
				if d.OverDay || d.OverHour {
					over++
				}
				if d.Denied {
					denied++
				}
				if d.Country != "+44" && d.Country != "+33" || strings.Contains(fmt.Sprintf("%+v", d), "7911") {
					t.Errorf("a decision names more than the country: %+v", d)
				}
			}
		})
		for i := range 10 {
			_, err := ask(t, g, british(i), start)
			if refused := mode == pumping.Deny && i >= 3; refused != errors.Is(err, pumping.ErrDenied) {
				t.Errorf("mode %d, message %d ended with %v", mode, i+1, err)
			}
		}
		sent := map[pumping.Mode]int{pumping.Record: 10, pumping.Deny: 3}[mode]
		if n := int(phone.sent.Load()); n != sent || over != 7 || denied != 10-sent {
			t.Errorf("mode %d: %d messages were sent, %d noticed and %d denied, of 10 with 3 allowed", mode, n, over, denied)
		}
		if _, err := ask(t, g, "+33612345678", start); err != nil {
			t.Errorf("another country's message: %v", err)
		}
		for hour := 1; hour <= 12; hour++ {
			for i := range 10 {
				_, _ = ask(t, g, british(i), start.Add(time.Duration(hour)*time.Hour))
			}
		}
		if n := int(phone.sent.Load()); mode == pumping.Deny && n != 1+20 {
			t.Errorf("%d messages nobody answered were sent in a day; 20 are allowed, and one was French", n)
		}
	}
}

// People who type their codes in are no attack, however many they are.
func TestMessagesThatAreAnsweredGoOn(t *testing.T) {
	t.Parallel()
	phone, counter := &phones{}, pumping.NewMemory()
	g := guarded(t, phone, func(c *pumping.Config) { c.Mode, c.Counter = pumping.Deny, counter })
	for i := range 100 {
		p, err := ask(t, g, british(i), start)
		if err != nil {
			t.Fatalf("person %d got no code: %v", i, err)
		}
		for range 5 { // Whatever a challenge is answered for, several times at once or because storing it failed, it was one message. // attack: A-130
			e, err := g.SetupVerify(t.Context(), provider.SetupRequest{Now: start}, provider.Answer{
				Private: p.Private, Response: json.RawMessage(`{"code":"` + phone.code(british(i)) + `"}`),
			})
			if err != nil || len(e.Data) == 0 {
				t.Fatal(err)
			}
		}
		if _, err := g.SetupVerify(t.Context(), provider.SetupRequest{Now: start}, provider.Answer{Private: p.Private, Response: json.RawMessage(`{"code":"1"}`)}); err == nil {
			t.Fatal("a wrong code is right")
		}
	}
	if c, err := counter.Sent(t.Context(), start, "+44"); err != nil || c.SentHour != 101 || c.VerifiedHour != 100 {
		t.Errorf("counted %+v, %v", c, err)
	}
}

// Whoever can take the counter down must not get what it guards. // attack
func TestWithoutItsCounterDenyDenies(t *testing.T) {
	t.Parallel()
	for _, mode := range []pumping.Mode{pumping.Record, pumping.Deny} {
		var seen []pumping.Decision
		counter := &fixed{}
		phone := &phones{}
		g := guarded(t, phone, func(c *pumping.Config) {
			c.Mode, c.Counter, c.Observe = mode, counter, func(_ context.Context, d pumping.Decision) { seen = append(seen, d) }
		})
		p, err := ask(t, g, british(1), start)
		if err != nil {
			t.Fatal(err)
		}
		code := phone.code(british(1))
		counter.err = errors.New("Redis is down")
		if _, err := ask(t, g, british(1), start); (mode == pumping.Deny) != errors.Is(err, pumping.ErrDenied) {
			t.Errorf("mode %d: the message ended with %v", mode, err)
		}
		if last := seen[len(seen)-1]; last.Err == nil || last.Denied != (mode == pumping.Deny) {
			t.Errorf("mode %d: the application is told %+v", mode, last)
		}
		_, err = g.SetupVerify(t.Context(), provider.SetupRequest{Now: start}, provider.Answer{
			Private: p.Private, Response: json.RawMessage(`{"code":"` + code + `"}`),
		})
		if err != nil {
			t.Errorf("mode %d: a right code is wrong, because it could not be counted: %v", mode, err)
		}
	}
}

// A gateway that is down costs nothing, so it does not shut a country. // attack: A-137
func TestWhatWasNotSentIsNotCounted(t *testing.T) {
	t.Parallel()
	phone, counter := &phones{err: errors.New("down")}, &fixed{}
	g := guarded(t, phone, func(c *pumping.Config) { c.Mode, c.Counter = pumping.Deny, counter })
	if _, err := ask(t, g, british(1), start); !errors.Is(err, phone.err) || counter.unsent != 1 {
		t.Errorf("the message ended with %v, and was taken back %d times", err, counter.unsent)
	}
	counter.SentHour, phone.err = 1000, nil
	if _, err := ask(t, g, british(1), start); !errors.Is(err, pumping.ErrDenied) || counter.unsent != 2 || phone.sent.Load() != 0 {
		t.Errorf("a denied message ended with %v, and was taken back %d times", err, counter.unsent-1)
	}
}

// Whoever hangs up after the gateway has the message would otherwise have it sent uncounted. // attack: A-130
func TestHangingUpIsCounted(t *testing.T) {
	t.Parallel()
	ctx, hangUp := context.WithCancel(t.Context())
	counter := &fixed{}
	g := guarded(t, &phones{}, func(c *pumping.Config) {
		c.Mode, c.Counter = pumping.Deny, counter
		c.Provider = hangingUp{c.Provider, hangUp}
	})
	p, err := g.SetupHook(t.Context(), provider.SetupRequest{Input: json.RawMessage(`{"phone":"` + british(1) + `"}`), Now: start})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Deliver.Send(ctx); !errors.Is(err, context.Canceled) || counter.unsent != 0 {
		t.Errorf("the message ended with %v, and was taken back %d times, though nobody knows whether it was sent", err, counter.unsent)
	}
}

// hangingUp sends, and its caller is gone before the gateway has answered.
type hangingUp struct {
	provider.MultiFactorProvider
	hangUp func()
}

func (h hangingUp) SetupHook(ctx context.Context, req provider.SetupRequest) (provider.Prompt, error) {
	p, err := h.MultiFactorProvider.SetupHook(ctx, req)
	if err == nil {
		p.Deliver = &provider.Delivery{Uses: p.Deliver.Uses, Send: func(ctx context.Context) error { h.hangUp(); return ctx.Err() }}
	}
	return p, err
}

// A counter that does not answer is one that cannot be reached, also if it does not look at its context, as Redis clients by default do
// not. // attack: A-149
func TestACounterThatHangsHoldsUpNobody(t *testing.T) {
	t.Parallel()
	for _, mode := range []pumping.Mode{pumping.Record, pumping.Deny} {
		synctest.Test(t, func(t *testing.T) {
			counter := &hanging{Memory: pumping.NewMemory(), until: make(chan struct{})}
			defer close(counter.until)
			phone := &phones{}
			g := guarded(t, phone, func(c *pumping.Config) { c.Mode, c.Counter = mode, counter })
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second) // the registry's
			defer cancel()
			p, err := g.SetupHook(ctx, provider.SetupRequest{Input: json.RawMessage(`{"phone":"` + british(1) + `"}`), Now: start})
			if err != nil {
				t.Fatal(err)
			}
			if err := p.Deliver.Send(ctx); (mode == pumping.Deny) != errors.Is(err, pumping.ErrDenied) || ctx.Err() != nil {
				t.Errorf("mode %d: the message ended with %v, and its context with %v", mode, err, ctx.Err())
			}
			counter.answers.Store(true)
			if err := p.Deliver.Send(ctx); err != nil {
				t.Fatal(err)
			}
			counter.answers.Store(false)
			_, err = g.SetupVerify(ctx, provider.SetupRequest{Now: start}, provider.Answer{
				Private: p.Private, Response: json.RawMessage(`{"code":"` + phone.code(british(1)) + `"}`),
			})
			if err != nil || ctx.Err() != nil {
				t.Errorf("mode %d: a right code ended with %v, and what has to be stored after it with %v", mode, err, ctx.Err())
			}
		})
	}
}

// hanging is a counter that, unless it answers, hangs until the end of the test.
type hanging struct {
	*pumping.Memory
	answers atomic.Bool
	until   chan struct{}
}

func (h *hanging) Sent(ctx context.Context, now time.Time, country string) (pumping.Counts, error) {
	if !h.answers.Load() {
		<-h.until
	}
	return h.Memory.Sent(ctx, now, country)
}

func (h *hanging) Verified(ctx context.Context, now time.Time, country, challenge string) error {
	if !h.answers.Load() {
		<-h.until
	}
	return h.Memory.Verified(ctx, now, country, challenge)
}

// A counter is somebody else's code, and called beside the caller: its panic must not end the program.
func TestACounterThatPanicsIsOneThatCannotBeReached(t *testing.T) {
	t.Parallel()
	for _, mode := range []pumping.Mode{pumping.Record, pumping.Deny} {
		g := guarded(t, &phones{}, func(c *pumping.Config) { c.Mode, c.Counter = mode, panicking{} })
		if _, err := ask(t, g, british(1), start); (mode == pumping.Deny) != errors.Is(err, pumping.ErrDenied) {
			t.Errorf("mode %d: the message ended with %v", mode, err)
		}
	}
}

type panicking struct{ pumping.Counter }

func (panicking) Sent(context.Context, time.Time, string) (pumping.Counts, error) { panic("no") }

func TestAnObserverThatPanicsDecidesNothing(t *testing.T) {
	t.Parallel()
	g := guarded(t, &phones{}, func(c *pumping.Config) { c.Observe = func(context.Context, pumping.Decision) { panic("log is full") } })
	if _, err := ask(t, g, british(1), start); err != nil {
		t.Errorf("the message ended with %v", err)
	}
}

// Around text messages a guard keeps the contract of providers, and carries their notices. // attack
func TestAGuardIsAProvider(t *testing.T) {
	t.Parallel()
	phone := &phones{}
	h := providertest.Harness{
		New: func() (provider.MultiFactorProvider, error) { return newGuarded(phone, nil) },
		Device: func(n int) providertest.Device {
			return func(s providertest.Shown) any {
				if s.Step == providertest.Begin {
					return map[string]string{"phone": british(n)}
				}
				return map[string]string{"code": phone.code(british(n))}
			}
		},
	}
	t.Run("memory", func(t *testing.T) { providertest.Run(t, h) })
	t.Run("Redis and PostgreSQL", func(t *testing.T) {
		h := h
		h.Stores = stores.Open(t)
		providertest.Run(t, h)
	})
	if _, ok := guarded(t, phone, nil).(provider.Notifier); !ok {
		t.Error("the notices of the provider are lost")
	}
	var silent pumping.Config
	g := guarded(t, phone, func(c *pumping.Config) {
		c.Provider = struct{ provider.MultiFactorProvider }{c.Provider}
		silent = *c
	})
	if _, ok := g.(provider.Notifier); ok || silent.Provider == nil {
		t.Error("a guard promises notices that its provider does not carry")
	}
}

// A challenge of this version must be read by every later one: it is answered while replicas are exchanged.
func TestStoredFormat(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join("testdata", "challenge-v1.hex"))
	if err != nil {
		t.Fatal(err)
	}
	private, err := hex.DecodeString(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	counter := &fixed{}
	g := guarded(t, &phones{}, func(c *pumping.Config) { c.Counter = counter })
	p, err := g.SetupHook(t.Context(), provider.SetupRequest{Previous: private, Now: start})
	if err != nil || !bytes.Equal(p.Private, private) {
		t.Errorf("a challenge of format 1 is %x again (%v)", p.Private, err)
	}
	_, err = g.SetupVerify(t.Context(), provider.SetupRequest{Now: start}, provider.Answer{Private: private, Response: json.RawMessage(`{"code":"471102"}`)})
	if err != nil || counter.answers != 1 {
		t.Errorf("its answer ended with %v, and was counted %d times", err, counter.answers)
	}
}

func FuzzPrivate(f *testing.F) {
	g := guarded(f, &phones{}, nil)
	f.Add([]byte("\x01\x03+44\x00"))
	f.Add([]byte{1, 0, 0})
	f.Fuzz(func(t *testing.T, private []byte) {
		_, err := g.SetupVerify(t.Context(), provider.SetupRequest{Now: start}, provider.Answer{Private: private, Response: json.RawMessage(`{"code":"000000"}`)})
		_, again := g.SetupHook(t.Context(), provider.SetupRequest{Now: start, Previous: private})
		if err == nil && again != nil {
			t.Errorf("%x is a challenge to answer, and none to show: %v", private, again)
		}
	})
}

func TestNewReportsEveryFault(t *testing.T) {
	t.Parallel()
	_, err := pumping.New(pumping.Config{Mode: 9, DayFloor: -1, HourFloor: 2_000_000})
	for _, fault := range []string{"Config.Provider", "Config.Mode", "DayFloor", "HourFloor"} {
		if err == nil || !strings.Contains(err.Error(), fault) {
			t.Errorf("the fault of %s is not reported: %v", fault, err)
		}
	}
	_, err = newGuarded(&phones{}, func(c *pumping.Config) { c.Provider = noChannel{c.Provider} })
	if err == nil {
		t.Error("a kind that sends nothing is guarded")
	}
	g := guarded(t, &phones{}, func(c *pumping.Config) { c.Provider = noCountry{c.Provider} })
	if _, err := g.SetupHook(t.Context(), provider.SetupRequest{Input: json.RawMessage(`{"phone":"+447911123456"}`), Now: start}); err == nil {
		t.Error("a message that names no country is not counted")
	}
}

type noChannel struct{ provider.MultiFactorProvider }

func (noChannel) Info() provider.Info { return provider.Info{Kind: "x", Class: provider.Possession} }

type noCountry struct{ provider.MultiFactorProvider }

func (p noCountry) SetupHook(ctx context.Context, req provider.SetupRequest) (provider.Prompt, error) {
	prompt, err := p.MultiFactorProvider.SetupHook(ctx, req)
	prompt.Deliver.Uses = prompt.Deliver.Uses[:1]
	return prompt, err
}
