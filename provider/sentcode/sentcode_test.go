package sentcode_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cofactor-mfa/cofactor/internal/testenv/stores"
	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/provider/providertest"
	"github.com/cofactor-mfa/cofactor/provider/sentcode"
)

var now = time.Date(2030, time.March, 3, 9, 0, 0, 0, time.UTC)

// wire is a channel that keeps what it is told to send, and is otherwise whatever a test makes of it.
type wire struct {
	Chat
	mu      sync.Mutex
	codes   []sentcode.Code
	notices []sentcode.Notice
	fault   error
	info    func(*provider.Info)
	address string // instead of the one in the input
	hint    string
	uses    []provider.Use
}

func (w *wire) Info() provider.Info {
	i := w.Chat.Info()
	i.AMR = []string{"otp"}
	if w.info != nil {
		w.info(&i)
	}
	return i
}

func (w *wire) Address(req provider.SetupRequest) (string, error) {
	if w.address != "" {
		return w.address, nil
	}
	return w.Chat.Address(req)
}

func (w *wire) Hint(name string) string {
	if w.hint != "" {
		return w.hint
	}
	return w.Chat.Hint(name)
}

func (w *wire) Uses(name string) []provider.Use {
	if w.uses != nil {
		return w.uses
	}
	return w.Chat.Uses(name)
}

func (w *wire) SendCode(_ context.Context, c sentcode.Code) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.codes = append(w.codes, c)
	return w.fault
}

func (w *wire) SendNotice(_ context.Context, n sentcode.Notice) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.notices = append(w.notices, n)
	return w.fault
}

// last is the newest code that went to a name.
func (w *wire) last(name string) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range slices.Backward(w.codes) {
		if c.To == name {
			return c.Digits
		}
	}
	return ""
}

func newProvider(tb testing.TB, w *wire, edit ...func(*sentcode.Config)) *sentcode.Provider {
	tb.Helper()
	cfg := sentcode.Config{Channel: w}
	for _, e := range edit {
		e(&cfg)
	}
	p, err := sentcode.New(cfg)
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

func input(name string) json.RawMessage { return json.RawMessage(`{"name":"` + name + `"}`) }

func typed(code string) json.RawMessage { return json.RawMessage(`{"code":"` + code + `"}`) }

// enrol attaches a name and returns its factor.
func enrol(tb testing.TB, p *sentcode.Provider, w *wire, u provider.User, name string) provider.Factor {
	tb.Helper()
	req := provider.SetupRequest{User: u, Input: input(name), Now: now}
	prompt, err := p.SetupHook(tb.Context(), req)
	if err != nil {
		tb.Fatal(err)
	}
	if err := prompt.Deliver.Send(tb.Context()); err != nil {
		tb.Fatal(err)
	}
	e, err := p.SetupVerify(tb.Context(), req, provider.Answer{Private: prompt.Private, Response: typed(w.last(name))})
	if err != nil {
		tb.Fatal(err)
	}
	return provider.Factor{ID: "f " + name, Data: e.Data}
}

// begun is a login whose code was sent.
func begun(tb testing.TB, p *sentcode.Provider, req provider.LoginRequest) provider.Prompt {
	tb.Helper()
	if req.Now.IsZero() {
		req.Now = now
	}
	prompt, err := p.LoginHook(tb.Context(), req)
	if err != nil {
		tb.Fatal(err)
	}
	if err := prompt.Deliver.Send(tb.Context()); err != nil {
		tb.Fatal(err)
	}
	return prompt
}

func harness(w *wire) providertest.Harness {
	return providertest.Harness{
		New: func() (provider.MultiFactorProvider, error) { return sentcode.New(sentcode.Config{Channel: w}) },
		Device: func(n int) providertest.Device {
			name := fmt.Sprintf("user%d", n)
			return func(s providertest.Shown) any {
				if s.Step == providertest.Begin {
					return map[string]string{"name": name}
				}
				return map[string]string{"code": w.last(name)}
			}
		},
	}
}

func TestProvider(t *testing.T) { // attack
	t.Parallel()
	providertest.Run(t, harness(&wire{}))
}

func TestProviderOnRealStores(t *testing.T) { // attack
	t.Parallel()
	h := harness(&wire{})
	h.Stores = stores.Open(t)
	providertest.Run(t, h)
}

func TestConfigIsChecked(t *testing.T) {
	t.Parallel()
	if _, err := sentcode.New(sentcode.Config{}); err == nil {
		t.Error("a provider without a channel")
	}
	for name, c := range map[string]struct {
		edit  func(*sentcode.Config)
		info  func(*provider.Info)
		valid bool
	}{
		"defaults":          {valid: true},
		"8 digits":          {edit: func(c *sentcode.Config) { c.Digits = 8 }, valid: true},
		"7 digits":          {edit: func(c *sentcode.Config) { c.Digits = 7 }},
		"4 digits":          {edit: func(c *sentcode.Config) { c.Digits = 4 }},
		"negative digits":   {edit: func(c *sentcode.Config) { c.Digits = -6 }},
		"10 minutes":        {edit: func(c *sentcode.Config) { c.TTL = 10 * time.Minute }, valid: true},
		"over 10 minutes":   {edit: func(c *sentcode.Config) { c.TTL = 10*time.Minute + 1 }}, // nist: N08
		"seconds":           {edit: func(c *sentcode.Config) { c.TTL = 59 * time.Second }},
		"no channel name":   {info: func(i *provider.Info) { i.Channel = "" }},
		"bad kind":          {info: func(i *provider.Info) { i.Kind = "Chat" }},
		"recovery":          {info: func(i *provider.Info) { i.Role = provider.Recovery }},
		"unguessable":       {info: func(i *provider.Info) { i.Unguessable = true }},
		"phishingresistant": {info: func(i *provider.Info) { i.PhishingResistant = true }},
	} {
		cfg := sentcode.Config{Channel: &wire{info: c.info}}
		if c.edit != nil {
			c.edit(&cfg)
		}
		p, err := sentcode.New(cfg)
		if (err == nil) != c.valid || (p != nil) != c.valid {
			t.Errorf("%s: error %v", name, err)
		}
	}
	_, err := sentcode.New(sentcode.Config{Channel: &wire{}, Digits: 7, TTL: time.Hour})
	if err == nil || !strings.Contains(err.Error(), "Digits") || !strings.Contains(err.Error(), "TTL") {
		t.Errorf("both faults are to be told at once: %v", err)
	}
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	w := &wire{}
	p := newProvider(t, w)
	if got := p.Info(); got.TTL != 5*time.Minute || got.Kind != "chat" || got.Channel != "chat" {
		t.Errorf("Info is %+v", got)
	}
	prompt := begun(t, p, provider.LoginRequest{Factors: []provider.Factor{enrol(t, p, w, provider.User{}, "alice")}})
	if got := (sentcode.Shown{SentTo: "a•••", Digits: 6}); prompt.Public != got {
		t.Errorf("the client is shown %+v", prompt.Public)
	}
	if code := w.last("alice"); len(code) != 6 || strings.Trim(code, "0123456789") != "" {
		t.Errorf("the code is %q", code)
	}
	w8 := &wire{}
	p8 := newProvider(t, w8, func(c *sentcode.Config) { c.Digits = 8 })
	enrol(t, p8, w8, provider.User{}, "alice")
	if code := w8.last("alice"); len(code) != 8 {
		t.Errorf("a code of 8 digits is %q", code)
	}
}

// The code that went to one address proves neither another address nor another factor.
//
// attack: A-91
func TestCodeBelongsToItsAddress(t *testing.T) {
	t.Parallel()
	w := &wire{}
	p := newProvider(t, w)
	old, other := enrol(t, p, w, provider.User{}, "old"), enrol(t, p, w, provider.User{}, "new")
	prompt := begun(t, p, provider.LoginRequest{Factors: []provider.Factor{old}})
	ans := provider.Answer{Private: prompt.Private, Response: typed(w.last("old"))}
	if _, err := p.LoginVerify(t.Context(), provider.LoginRequest{Factors: []provider.Factor{old}}, ans); err != nil {
		t.Fatal(err)
	}
	if m, err := p.LoginVerify(t.Context(), provider.LoginRequest{Factors: []provider.Factor{other}}, ans); !errors.Is(err, provider.ErrRejected) || m.FactorID != "" {
		t.Errorf("the old address's code with the new address's factor: %v, %v", m, err)
	}
	if _, err := p.LoginHook(t.Context(), provider.LoginRequest{Factors: []provider.Factor{other}, Previous: prompt.Private, Now: now}); err == nil {
		t.Error("the old address's code is sent again for the new address's factor")
	}
	// What is enrolled is where the code went, whatever the requests say.
	setup, err := p.SetupHook(t.Context(), provider.SetupRequest{Input: input("victim"), Now: now})
	if err != nil {
		t.Fatal(err)
	}
	if err := setup.Deliver.Send(t.Context()); err != nil {
		t.Fatal(err)
	}
	e, err := p.SetupVerify(t.Context(), provider.SetupRequest{Input: input("mallory")}, provider.Answer{Private: setup.Private, Response: typed(w.last("victim"))})
	if err != nil {
		t.Fatal(err)
	}
	if begun(t, p, provider.LoginRequest{Factors: []provider.Factor{{ID: "f", Data: e.Data}}}); w.codes[len(w.codes)-1].To != "victim" {
		t.Errorf("the factor's codes go to %q", w.codes[len(w.codes)-1].To)
	}
}

// A code that is sent again is the same, to the same address, and good for no longer.
//
// attack: A-22
func TestSentAgainIsTheSame(t *testing.T) {
	t.Parallel()
	w := &wire{}
	p := newProvider(t, w)
	f := enrol(t, p, w, provider.User{Locale: "de"}, "alice")
	req := provider.LoginRequest{User: provider.User{Locale: "ar"}, Factors: []provider.Factor{f}, Action: "Pay 5 EUR"}
	first := begun(t, p, req)
	req.Previous, req.Now, req.User.Locale = first.Private, now.Add(2*time.Minute), "en"
	again := begun(t, newProvider(t, w, func(c *sentcode.Config) { c.Digits, c.TTL = 8, 9*time.Minute }), req)
	if !bytes.Equal(first.Private, again.Private) || first.Public != again.Public {
		t.Error("a prompt that is shown again has changed")
	}
	a, b := w.codes[len(w.codes)-2], w.codes[len(w.codes)-1]
	if a.Minutes() != 5 || b.Minutes() != 3 || b.Sent.Sub(a.Sent) != 2*time.Minute {
		t.Errorf("the first message promises %d minutes and the second %d, want 5 and 3", a.Minutes(), b.Minutes())
	}
	b.Sent = a.Sent
	if a != b || a.Purpose != sentcode.Confirm || a.Locale != "ar" {
		t.Error("a message that is sent again says something else")
	}

	setup := provider.SetupRequest{Input: input("bob"), Now: now}
	one, err := p.SetupHook(t.Context(), setup)
	if err != nil {
		t.Fatal(err)
	}
	two, err := p.SetupHook(t.Context(), provider.SetupRequest{Previous: one.Private, Now: now.Add(time.Minute)})
	if err != nil || !bytes.Equal(one.Private, two.Private) {
		t.Errorf("a set-up shown again: %v", err)
	}
}

// Each budget is named by the narrowest first, and belongs to one kind: who has used up one channel has not used up the others.
//
// attack: A-130
func TestUses(t *testing.T) {
	t.Parallel()
	w := &wire{uses: append(make([]provider.Use, 0, 8), provider.Use{Budget: "address", Of: "alice"}, provider.Use{Budget: "country", Of: "+44"})}
	p := newProvider(t, w)
	f := enrol(t, p, w, provider.User{Tenant: "acme"}, "alice")
	for tenant, want := range map[string][]provider.Use{
		"":     {{Budget: "address", Of: "alice"}, {Budget: "country", Of: "+44"}, {Budget: "deployment", Of: "chat"}},
		"acme": {{Budget: "address", Of: "alice"}, {Budget: "country", Of: "+44"}, {Budget: "tenant", Of: "chat acme"}, {Budget: "deployment", Of: "chat"}},
	} {
		prompt := begun(t, p, provider.LoginRequest{User: provider.User{Tenant: tenant}, Factors: []provider.Factor{f}})
		if !slices.Equal(prompt.Deliver.Uses, want) {
			t.Errorf("tenant %q: a message uses %v, want %v", tenant, prompt.Deliver.Uses, want)
		}
	}
	if spare := w.uses[:3]; spare[2] != (provider.Use{}) {
		t.Error("what a message uses was written into the channel's own list, which others read")
	}
	for name, uses := range map[string][]provider.Use{"nothing": {}, "no address": {{Budget: "country", Of: "+44"}}, "an empty one": {{Budget: "address"}}} {
		w.uses = uses
		if _, err := p.LoginHook(t.Context(), provider.LoginRequest{Factors: []provider.Factor{f}, Now: now}); err == nil {
			t.Errorf("a message that uses %s is sent", name)
		}
	}
}

func TestChannelsThatSayTooMuchOrNothing(t *testing.T) {
	t.Parallel()
	for name, w := range map[string]*wire{
		"a hint that is the address":       {hint: "alice"},
		"a hint with the address in it":    {hint: "(alice)"},
		"an address of two lines":          {address: "alice\nBcc: eve"},
		"an address with a line separator": {address: "alice\u2028eve"},
		"an address that is no text":       {address: "alice\xff"},
		"a long address":                   {address: strings.Repeat("a", 321)},
	} {
		p := newProvider(t, w)
		if prompt, err := p.SetupHook(t.Context(), provider.SetupRequest{Input: input("alice"), Now: now}); err == nil || prompt.Deliver != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestBadAddressesAreTold(t *testing.T) { // attack: A-137
	t.Parallel()
	const own = "We can't send text messages to this number."
	for name, c := range map[string]struct {
		fault error
		text  string // "": not the address's fault
	}{
		"bad address":              {fmt.Errorf("chat 404: %w", sentcode.ErrAddress), "We can't send anything there. Check it, or use something else."},
		"bad address, in own text": {errors.Join(sentcode.ErrAddress, provider.Invalid(own)), own},
		"noted":                    {&provider.SendError{Note: "chat 404", Err: sentcode.ErrAddress}, "We can't send anything there. Check it, or use something else."},
		"temporary":                {fmt.Errorf("chat 503: %w", sentcode.ErrTemporary), ""},
		"permanent":                {sentcode.ErrPermanent, ""},
		"unknown":                  {errors.New("?"), ""},
	} {
		w := &wire{fault: c.fault}
		prompt, err := newProvider(t, w).SetupHook(t.Context(), provider.SetupRequest{Input: input("alice"), Now: now})
		if err != nil {
			t.Fatal(err)
		}
		err = prompt.Deliver.Send(t.Context())
		invalid, noted := (*provider.InvalidError)(nil), (*provider.SendError)(nil)
		if got := errors.As(err, &invalid); !errors.Is(err, c.fault) || got != (c.text != "") || got && invalid.Text != c.text {
			t.Errorf("%s: Send returns %v, want the text %q", name, err, c.text)
		}
		if name == "noted" && (!errors.As(err, &noted) || noted.Note != "chat 404") {
			t.Errorf("the note is lost: %v", err)
		}
	}
}

func TestPurposes(t *testing.T) {
	t.Parallel()
	w := &wire{}
	p := newProvider(t, w)
	f := enrol(t, p, w, provider.User{}, "alice")
	begun(t, p, provider.LoginRequest{Factors: []provider.Factor{f}})
	begun(t, p, provider.LoginRequest{Factors: []provider.Factor{f}, Action: "Delete everything"})
	var got []string
	for _, c := range w.codes {
		got = append(got, fmt.Sprint(c.Purpose, " ", c.Action))
	}
	if want := []string{"2 ", "1 ", "3 Delete everything"}; !slices.Equal(got, want) {
		t.Errorf("messages are for %q, want %q", got, want)
	}
}

// Notices speak the language of the enrolment, codes that of the login.
func TestLocales(t *testing.T) {
	t.Parallel()
	w := &wire{}
	p := newProvider(t, w)
	f := enrol(t, p, w, provider.User{Locale: "de-AT"}, "alice")
	for locale, want := range map[string]string{
		"": "de-AT", "ar": "ar", "en-XA": "en-XA", "x\r\nBcc: y": "de-AT", "../../etc": "de-AT", strings.Repeat("a", 36): "de-AT", "\u0661": "de-AT",
	} {
		begun(t, p, provider.LoginRequest{User: provider.User{Locale: locale}, Factors: []provider.Factor{f}})
		if got := w.codes[len(w.codes)-1].Locale; got != want {
			t.Errorf("a user of locale %q is written to in %q, want %q", locale, got, want)
		}
	}
	n := provider.Notice{Op: provider.NoticeAdded, Kind: "totp", Label: "Phone", At: now}
	if err := p.Notify(t.Context(), f, n); err != nil {
		t.Fatal(err)
	}
	if got := w.notices[0]; got.To != "alice" || got.Locale != "de-AT" || got.Notice != n {
		t.Error("the notice that is sent is not the one that was given, or goes elsewhere")
	}
	if err := p.Notify(t.Context(), provider.Factor{Data: []byte{9}}, n); err == nil || len(w.notices) != 1 {
		t.Errorf("a notice to an unknown record: %v", err)
	}
}

func TestNothingPrinted(t *testing.T) { // attack: A-124
	t.Parallel()
	w := &wire{}
	p := newProvider(t, w)
	f := enrol(t, p, w, provider.User{}, "alice")
	if err := p.Notify(t.Context(), f, provider.Notice{Op: "x", Label: "Phone"}); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	c, n := w.codes[0], w.notices[0]
	fmt.Fprintf(&out, "%v %+v %#v %s %q %v %+v %#v", c, c, c, c, &c, n, n, n)
	slog.New(slog.NewJSONHandler(&out, nil)).Info("sending", "code", c, "notice", n)
	for _, secret := range []string{c.Digits, "alice", "Phone"} {
		if strings.Contains(out.String(), secret) {
			t.Errorf("%q is printed: %s", secret, out.String())
		}
	}
}

// Making a challenge and its message costs about as much as its random digits; a loop that grows with anything would show here.
func TestAllocations(t *testing.T) {
	w := &wire{}
	p := newProvider(t, w)
	req := provider.LoginRequest{Factors: []provider.Factor{enrol(t, p, w, provider.User{}, "alice")}, Now: now}
	ctx := context.Background()
	prompt, err := p.LoginHook(ctx, req)
	if err != nil {
		t.Fatal(err)
	}
	ans := provider.Answer{Private: prompt.Private, Response: typed("000000")}
	for name, c := range map[string]struct {
		limit float64
		f     func()
	}{
		"LoginHook":   {40, func() { _, _ = p.LoginHook(ctx, req) }},
		"LoginVerify": {30, func() { _, _ = p.LoginVerify(ctx, req, ans) }},
	} {
		if got := testing.AllocsPerRun(200, c.f); got > c.limit {
			t.Errorf("%s makes %v allocations, more than %v", name, got, c.limit)
		} else {
			t.Logf("%s: %v allocations", name, got)
		}
	}
}
