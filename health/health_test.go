package health_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cofactor-mfa/cofactor/challenge"
	"github.com/cofactor-mfa/cofactor/health"
	"github.com/cofactor-mfa/cofactor/internal/testenv/stores"
)

var errBroken = errors.New("dial tcp 10.0.0.7:6379: connection refused")

// part is something that works, or does not, and counts how often it is asked.
type part struct {
	err   atomic.Pointer[error]
	asked atomic.Int64
}

func (p *part) set(err error) { p.err.Store(&err) }

func (p *part) check(name string) health.Check {
	return health.Check{Name: name, Probe: func(context.Context) error {
		p.asked.Add(1)
		if err := p.err.Load(); err != nil {
			return *err
		}
		return nil
	}}
}

func ready(t *testing.T, h *health.Health) (int, string) {
	t.Helper()
	r := httptest.NewRecorder()
	h.Ready().ServeHTTP(r, httptest.NewRequest(http.MethodGet, "/ready", nil))
	return r.Code, strings.TrimSpace(r.Body.String())
}

func TestDegradedIsNotDown(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		redis, mail error
		code        int
		body        string
	}{
		"everything works": {nil, nil, 200, `{"status":"ok"}`},
		"no mail":          {nil, errBroken, 200, `{"status":"degraded"}`},
		"no Redis":         {errBroken, nil, 503, `{"status":"down"}`},
		"neither":          {errBroken, errBroken, 503, `{"status":"down"}`},
	} {
		var redis, mail part
		redis.set(c.redis)
		mail.set(c.mail)
		h, err := health.New(health.Config{Needed: []health.Check{redis.check("redis")}, Useful: []health.Check{mail.check("mail")}})
		if err != nil {
			t.Fatal(err)
		}
		if code, body := ready(t, h); code != c.code || body != c.body {
			t.Errorf("%s: %d %s; want %d %s", name, code, body, c.code, c.body)
		}
		h.End()
		if code, _ := ready(t, h); code != 503 {
			t.Errorf("%s: a replica that ends is ready: %d", name, code)
		}
		live := httptest.NewRecorder()
		h.Live().ServeHTTP(live, httptest.NewRequest(http.MethodGet, "/live", nil))
		if live.Code != 200 {
			t.Errorf("%s: a program that runs would be started again: %d", name, live.Code)
		}
	}
}

// Whoever asks a thousand times at once makes one check, and whoever asks again soon makes none. // attack: A-149
func TestProbesDoNotHammer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked atomic.Int64
		h, err := health.New(health.Config{Needed: []health.Check{{Name: "redis", Probe: func(context.Context) error {
			asked.Add(1)
			time.Sleep(time.Second)
			return nil
		}}}})
		if err != nil {
			t.Fatal(err)
		}
		ask := func() {
			var all sync.WaitGroup
			for range 1000 {
				all.Go(func() {
					if h.Status(t.Context()) != health.OK {
						t.Error("not ok")
					}
				})
			}
			all.Wait()
		}
		ask()
		ask()
		if n := asked.Load(); n != 1 {
			t.Errorf("two thousand probes made %d checks", n)
		}
		time.Sleep(5 * time.Second)
		ask()
		if n := asked.Load(); n != 2 {
			t.Errorf("after a while there were %d checks, and not 2", n)
		}
	})
}

// A check that never comes back holds no probe for longer than there is time, is made by one goroutine only, and has failed meanwhile.
func TestACheckThatHangsIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked atomic.Int64
		hangs := make(chan struct{})
		h, err := health.New(health.Config{Needed: []health.Check{{Name: "redis", Probe: func(context.Context) error {
			asked.Add(1)
			<-hangs // whatever ctx says
			return nil
		}}}})
		if err != nil {
			t.Fatal(err)
		}
		for range 5 {
			began := time.Now()
			if is := h.Status(t.Context()); is != health.Down {
				t.Errorf("with a check that hangs it is %s", is)
			}
			if took := time.Since(began); took > 2*time.Second {
				t.Errorf("a probe took %v", took)
			}
			time.Sleep(10 * time.Second)
		}
		if n := asked.Load(); n != 1 {
			t.Errorf("a check that hangs was made %d times", n)
		}
		close(hangs)
		synctest.Wait()
		time.Sleep(10 * time.Second)
		if is := h.Status(t.Context()); is != health.OK {
			t.Errorf("after it came back it is %s", is)
		}
	})
}

// A prober that hangs up says nothing about what it asked for.
func TestHangingUpIsNoFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, err := health.New(health.Config{Needed: []health.Check{{Name: "redis", Probe: func(context.Context) error {
			time.Sleep(time.Second)
			return nil
		}}}})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_ = h.Status(ctx)
		if is := h.Status(t.Context()); is != health.OK {
			t.Errorf("the next one is told %s", is)
		}
	})
}

// Strangers learn one word, and operators why, once.
func TestWhyIsInTheLogAlone(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	var redis part
	var ms atomic.Int64
	h, err := health.New(health.Config{
		Needed: []health.Check{redis.check("redis")}, Logger: slog.New(slog.NewJSONHandler(&log, nil)), Now: func() time.Time { return time.UnixMilli(1e12 + ms.Load()) },
	})
	if err != nil {
		t.Fatal(err)
	}
	redis.set(errBroken)
	for range 3 {
		if _, body := ready(t, h); body != `{"status":"down"}` {
			t.Errorf("a stranger is told %s", body)
		}
		ms.Add(60_000)
	}
	redis.set(nil)
	_, _ = ready(t, h)
	var told []string
	for line := range strings.Lines(log.String()) {
		var l struct{ Check, State, Error string }
		if err := json.Unmarshal([]byte(line), &l); err != nil {
			t.Fatal(err)
		}
		told = append(told, l.Check+" "+l.State+" "+l.Error)
	}
	want := "redis failing " + errBroken.Error() + "\nredis working "
	if got := strings.Join(told, "\n"); got != want {
		t.Errorf("the log says\n%s\nwant\n%s", got, want)
	}
}

func TestOnlyLookingIsAllowed(t *testing.T) {
	t.Parallel()
	var redis part
	h, err := health.New(health.Config{Needed: []health.Check{redis.check("redis")}})
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRecorder()
	h.Ready().ServeHTTP(r, httptest.NewRequest(http.MethodPost, "/ready", nil))
	if r.Code != http.StatusMethodNotAllowed || redis.asked.Load() != 0 {
		t.Errorf("POST: %d, %d checks", r.Code, redis.asked.Load())
	}
	r = httptest.NewRecorder()
	h.Ready().ServeHTTP(r, httptest.NewRequest(http.MethodGet, "/ready", nil))
	if r.Header().Get("Cache-Control") != "no-store" {
		t.Error("a proxy may keep the answer")
	}
}

func TestPanicsAreFailures(t *testing.T) {
	t.Parallel()
	h, err := health.New(health.Config{Needed: []health.Check{{Name: "redis", Probe: func(context.Context) error { panic("out") }}}})
	if err != nil {
		t.Fatal(err)
	}
	if is := h.Status(t.Context()); is != health.Down {
		t.Errorf("a check that panics is %s", is)
	}
}

func TestFaultsOfTheConfigurationAreReportedTogether(t *testing.T) {
	t.Parallel()
	_, err := health.New(health.Config{Timeout: time.Minute, Useful: []health.Check{{Name: "x"}, {Name: "x", Every: time.Millisecond, Probe: func(context.Context) error { return nil }}}})
	for _, want := range []string{"Needed is required", "Timeout", "a Probe", `two checks are called "x"`, "Every"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error does not say %q: %v", want, err)
		}
	}
}

// What is reported is a failure for a while, and then is over.
func TestWhatWasReportedIsRecent(t *testing.T) {
	t.Parallel()
	now := time.UnixMilli(1e12)
	r := health.Recent{Now: func() time.Time { return now }}
	if err := r.Probe(t.Context()); err != nil {
		t.Errorf("nothing was reported: %v", err)
	}
	r.Report(t.Context(), errBroken)
	r.Report(t.Context(), nil)
	if err := r.Probe(t.Context()); !errors.Is(err, errBroken) {
		t.Errorf("a failure of just now: %v", err)
	}
	now = now.Add(2 * time.Minute)
	if err := r.Probe(t.Context()); err != nil {
		t.Errorf("a failure of two minutes ago: %v", err)
	}
}

// lame is a store of which some keys cannot be reached, as in a Cluster that has lost a master.
type lame struct {
	challenge.Store
	reached int64
	calls   *atomic.Int64
}

func (s lame) Spend(ctx context.Context, now time.Time, key, try string, take ...challenge.Spend) error {
	if s.calls.Add(1) > s.reached {
		<-ctx.Done()
		return ctx.Err()
	}
	return s.Store.Spend(ctx, now, key, try, take...)
}

// One master that is away does not take a replica out of service; all of them do.
func TestPartsOfAClusterAreEnough(t *testing.T) {
	t.Parallel()
	for reached, want := range map[int64]health.Status{0: health.Down, 1: health.OK, 4: health.OK} {
		s := lame{challenge.NewMemory(), reached, new(atomic.Int64)}
		h, err := health.New(health.Config{Needed: []health.Check{health.Challenges(s)}, Timeout: 200 * time.Millisecond})
		if err != nil {
			t.Fatal(err)
		}
		if is := h.Status(t.Context()); is != want {
			t.Errorf("with %d of 4 keys in reach it is %s; want %s", reached, is, want)
		}
	}
}

func TestRealStoresAreWell(t *testing.T) {
	t.Parallel()
	challenges, factors := stores.One(t)
	h, err := health.New(health.Config{Needed: []health.Check{health.Challenges(challenges), health.Factors(factors)}})
	if err != nil {
		t.Fatal(err)
	}
	if is := h.Status(t.Context()); is != health.OK {
		t.Errorf("they are %s", is)
	}
}

func TestACheckThatDoesNotHeedItsTimeHasFailed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		stubborn := health.Check{Name: "redis", Every: time.Minute, Probe: func(context.Context) error {
			time.Sleep(3 * time.Second)
			return nil
		}}
		h, err := health.New(health.Config{Needed: []health.Check{stubborn}})
		if err != nil {
			t.Fatal(err)
		}
		if is := h.Status(t.Context()); is != health.Down {
			t.Errorf("a check that is late: %s", is)
		}
		time.Sleep(10 * time.Second) // it has come back, and says that all is well
		if is := h.Status(t.Context()); is != health.Down {
			t.Errorf("an answer that came after its time counts for the next minute: %s", is)
		}
	})
}
