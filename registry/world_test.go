package registry_test

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/cofactor-mfa/cofactor/challenge"
	"github.com/cofactor-mfa/cofactor/factor"
	"github.com/cofactor-mfa/cofactor/policy"
	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/registry"
)

// world is a deployment in memory: the stores, the clock, the keys, and what was observed.
type world struct {
	t          testing.TB
	challenges challenge.Store
	factors    factor.Store
	aead       registry.AEAD
	clock      *clock
	mu         sync.Mutex
	events     []registry.Event
	kinds      []provider.MultiFactorProvider
}

// clock stands still until it is told to move.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func newWorld(t testing.TB, kinds ...provider.MultiFactorProvider) *world {
	t.Helper()
	block, err := aes.NewCipher(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		t.Fatal(err)
	}
	return &world{
		t: t, challenges: challenge.NewMemory(), factors: factor.NewMemory(), aead: gcmAEAD{gcm}, kinds: kinds,
		clock: &clock{now: time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)},
	}
}

// registry makes a registry over the world's stores; edit changes the configuration first.
func (w *world) registry(edit ...func(*registry.Config)) *registry.Registry {
	w.t.Helper()
	cfg := registry.Config{
		AEAD: w.aead, Challenges: w.challenges, Factors: w.factors, Policy: policy.Optional(), Now: w.clock.Now,
		Pepper: make([]byte, 32), Observe: w.observe,
	}
	for _, e := range edit {
		e(&cfg)
	}
	if cfg.Trace == nil {
		cfg.Trace = w.trace
	}
	r, err := registry.New(cfg, w.kinds...)
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

func (w *world) observe(_ context.Context, e registry.Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.events = append(w.events, e)
}

// trace holds every call of every test to what a trace promises: it ends once, and not as a fault inside unless an event told of one.
func (w *world) trace(ctx context.Context, op string) (context.Context, func(registry.Event)) {
	ended := false
	return ctx, func(e registry.Event) {
		w.mu.Lock()
		defer w.mu.Unlock()
		told := slices.ContainsFunc(w.events, func(o registry.Event) bool { return o.Op == op && o.Result == e.Result })
		switch {
		case ended:
			w.t.Errorf("%s ended twice in its trace", op)
		case e.Op != op || e.Result == "":
			w.t.Errorf("%s ended as %q with the result %q in its trace", op, e.Op, e.Result)
		case e.Result == string(registry.ErrInternal) && !told:
			w.t.Errorf("%s ended as a fault inside in its trace, and nobody was told of one", op)
		}
		ended = true
	}
}

// lastEvent is the newest event, which says what the error does not.
func (w *world) lastEvent() registry.Event {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.events) == 0 {
		return registry.Event{}
	}
	return w.events[len(w.events)-1]
}

type gcmAEAD struct{ cipher.AEAD }

func (g gcmAEAD) Encrypt(plain, ad []byte) ([]byte, error) {
	nonce := make([]byte, g.NonceSize())
	_, _ = rand.Read(nonce)
	return g.Seal(nonce, nonce, plain, ad), nil
}

func (g gcmAEAD) Decrypt(ct, ad []byte) ([]byte, error) {
	if len(ct) < g.NonceSize() {
		return nil, errors.New("short ciphertext")
	}
	return g.Open(nil, ct[:g.NonceSize()], ct[g.NonceSize():], ad)
}

// secret is a kind of factor that is as simple as one can be: a code that is chosen at enrolment. Its answers outlive the challenge, and burning them
// is left to whoever tests burning, through the hooks.
type secret struct {
	info     provider.Info
	onVerify func(context.Context, provider.LoginRequest, provider.Answer) (provider.Match, error)
	onSetup  func(context.Context, provider.SetupRequest, provider.Answer) (provider.Enrollment, error)
	onHook   func(context.Context, provider.LoginRequest) (provider.Prompt, error)
}

const rightCode = "314159"

func newSecret(kind string) *secret {
	return &secret{info: provider.Info{Kind: kind, AMR: []string{"otp"}, Class: provider.Possession}}
}

func (s *secret) Info() provider.Info { return s.info }

func (s *secret) SetupHook(context.Context, provider.SetupRequest) (provider.Prompt, error) {
	return provider.Prompt{Public: map[string]string{"show": "nothing"}, Private: []byte("setup")}, nil
}

func (s *secret) SetupVerify(ctx context.Context, req provider.SetupRequest, ans provider.Answer) (provider.Enrollment, error) {
	if s.onSetup != nil {
		return s.onSetup(ctx, req, ans)
	}
	if !right(ans) {
		return provider.Enrollment{}, provider.ErrRejected
	}
	return provider.Enrollment{Data: []byte("\x01" + rightCode), Label: s.info.Kind}, nil
}

func (s *secret) LoginHook(ctx context.Context, req provider.LoginRequest) (provider.Prompt, error) {
	if s.onHook != nil {
		return s.onHook(ctx, req)
	}
	return provider.Prompt{}, nil
}

func (s *secret) LoginVerify(ctx context.Context, req provider.LoginRequest, ans provider.Answer) (provider.Match, error) {
	if s.onVerify != nil {
		return s.onVerify(ctx, req, ans)
	}
	if !right(ans) {
		return provider.Match{}, provider.ErrRejected
	}
	return provider.Match{FactorID: req.Factors[0].ID}, nil
}

func right(ans provider.Answer) bool {
	code, err := ans.Code()
	return err == nil && subtle.ConstantTimeCompare([]byte(code), []byte(rightCode)) == 1
}

func typed(c string) json.RawMessage { return json.RawMessage(fmt.Sprintf(`{"code":%q}`, c)) }

var (
	yes = typed(rightCode)
	no  = typed("000000")
)

// alice is a user in a session.
func alice() registry.Who {
	return registry.Who{User: provider.User{ID: "alice", Name: "alice@example.com"}, Binding: "alice's session"}
}

func bob() registry.Who {
	return registry.Who{User: provider.User{ID: "bob", Name: "bob@example.com"}, Binding: "bob's session"}
}

// start signs in with a password.
func start(t testing.TB, r *registry.Registry, w registry.Who) registry.Login {
	t.Helper()
	l, err := r.StartLogin(t.Context(), registry.Start{Who: w, Primary: []string{"pwd"}})
	if err != nil {
		t.Fatalf("StartLogin: %v", err)
	}
	return l
}

// enrol attaches a factor of kind on the authority of a pending login or a proof, and returns the result.
func enrol(t testing.TB, r *registry.Registry, w registry.Who, e registry.Enrol) registry.Login {
	t.Helper()
	e.Who = w
	ch, err := r.BeginSetup(t.Context(), e)
	if err != nil {
		t.Fatalf("BeginSetup %s: %v", e.Kind, err)
	}
	l, err := r.FinishSetup(t.Context(), registry.Finish{Who: w, Pending: e.Pending, Challenge: ch.ID, Response: yes})
	if err != nil {
		t.Fatalf("FinishSetup %s: %v", e.Kind, err)
	}
	return l
}

// enrolled starts a login of a user without factors and attaches one.
func enrolled(t testing.TB, r *registry.Registry, w registry.Who, kind string) registry.Login {
	t.Helper()
	return enrol(t, r, w, registry.Enrol{Pending: start(t, r, w).Pending, Kind: kind})
}

// begin begins a login with the first factor that is offered.
func begin(t testing.TB, r *registry.Registry, w registry.Who) (registry.Login, registry.Challenge) {
	t.Helper()
	l := start(t, r, w)
	if l.Satisfied || len(l.Choices) == 0 {
		t.Fatalf("StartLogin: satisfied %v with %d choices, want a factor to be asked for", l.Satisfied, len(l.Choices))
	}
	ch, err := r.BeginLogin(t.Context(), registry.Begin{Who: w, Pending: l.Pending, Factor: l.Choices[0].Factor})
	if err != nil {
		t.Fatalf("BeginLogin: %v", err)
	}
	return l, ch
}

// answer finishes a login.
func answer(t testing.TB, r *registry.Registry, w registry.Who, l registry.Login, ch registry.Challenge, response json.RawMessage) (registry.Login, error) {
	t.Helper()
	return r.FinishLogin(t.Context(), registry.Finish{Who: w, Pending: l.Pending, Challenge: ch.ID, Response: response})
}

// signIn is a whole login with the first factor that is offered.
func signIn(t testing.TB, r *registry.Registry, w registry.Who) registry.Login {
	t.Helper()
	l, ch := begin(t, r, w)
	got, err := answer(t, r, w, l, ch, yes)
	if err != nil {
		t.Fatalf("FinishLogin: %v", err)
	}
	if !got.Satisfied || got.Proof == "" {
		t.Fatalf("FinishLogin: satisfied %v, proof %v; want both", got.Satisfied, got.Proof != "")
	}
	return got
}

// refused fails the test unless err is the code, and the result is nothing.
func refused(t testing.TB, code registry.Code, got registry.Login, err error) {
	t.Helper()
	if !errors.Is(err, code) {
		t.Errorf("got error %v, want %v", err, code)
	}
	if got.Satisfied || got.Proof != "" || got.AAL != 0 || len(got.AMR) != 0 {
		t.Errorf("a refusal came with a result: %+v", got)
	}
}
