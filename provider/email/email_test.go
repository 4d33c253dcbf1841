package email_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/cofactor-mfa/cofactor/catalogue"
	"github.com/cofactor-mfa/cofactor/internal/testenv/stores"
	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/provider/email"
	"github.com/cofactor-mfa/cofactor/provider/providertest"
	"github.com/cofactor-mfa/cofactor/provider/sentcode"
)

var now = time.Date(2030, time.March, 3, 14, 22, 0, 0, time.UTC)

// box is a sender that keeps what it is given.
type box struct {
	mu    sync.Mutex
	mail  []email.Message
	fault error
}

func (b *box) Send(_ context.Context, m email.Message) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.mail = append(b.mail, m)
	return b.fault
}

// last is the newest message to an address, and all is every message.
func (b *box) last(to string) email.Message {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, m := range slices.Backward(b.mail) {
		if m.To == to {
			return m
		}
	}
	return email.Message{}
}

func (b *box) all() []email.Message {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.mail)
}

// codeIn is the code of a message: alone on its line.
func codeIn(m email.Message) string {
	for line := range strings.Lines(m.Text) {
		if line = strings.TrimSpace(line); len(line) >= 6 && strings.Trim(line, "0123456789") == "" {
			return line
		}
	}
	return ""
}

func config(b *box) email.Config {
	return email.Config{Sender: b, App: "Acme", From: "no-reply@acme.example", Account: "https://acme.example/account"}
}

func newProvider(tb testing.TB, cfg email.Config) *sentcode.Provider {
	tb.Helper()
	p, err := email.New(cfg)
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

func input(address string) json.RawMessage {
	b, err := json.Marshal(map[string]string{"email": address})
	if err != nil {
		panic(err)
	}
	return b
}

// sent has a prompt's message sent.
func sent(tb testing.TB) func(provider.Prompt, error) provider.Prompt {
	return func(p provider.Prompt, err error) provider.Prompt {
		tb.Helper()
		if err == nil {
			err = p.Deliver.Send(tb.Context())
		}
		if err != nil {
			tb.Fatal(err)
		}
		return p
	}
}

const alice = "alice@example.com"

// enrol attaches her address.
func enrol(tb testing.TB, p *sentcode.Provider, b *box, u provider.User) provider.Factor {
	tb.Helper()
	req := provider.SetupRequest{User: u, Input: input(alice), Now: now}
	prompt := sent(tb)(p.SetupHook(tb.Context(), req))
	e, err := p.SetupVerify(tb.Context(), req, provider.Answer{Private: prompt.Private, Response: json.RawMessage(`{"code":"` + codeIn(b.last(alice)) + `"}`)})
	if err != nil {
		tb.Fatal(err)
	}
	return provider.Factor{ID: "f", Data: e.Data}
}

func harness(tb testing.TB, b *box) providertest.Harness {
	p := newProvider(tb, config(b))
	return providertest.Harness{
		New: func() (provider.MultiFactorProvider, error) { return p, nil }, // it keeps nothing, so it is its own replica
		Device: func(n int) providertest.Device {
			address := fmt.Sprintf("user%d@example.com", n)
			return func(s providertest.Shown) any {
				if s.Step == providertest.Begin {
					return map[string]string{"email": address}
				}
				return map[string]string{"code": codeIn(b.last(address))}
			}
		},
	}
}

func TestProvider(t *testing.T) { // attack
	t.Parallel()
	providertest.Run(t, harness(t, &box{}))
}

func TestProviderOnRealStores(t *testing.T) { // attack
	t.Parallel()
	h := harness(t, &box{})
	h.Stores = stores.Open(t)
	providertest.Run(t, h)
}

func TestConfigIsChecked(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		edit func(*email.Config)
		want string // in the error; "": it is fine
	}{
		"as it is":               {func(*email.Config) {}, ""},
		"no sender":              {func(c *email.Config) { c.Sender = nil }, "Config.Sender"},
		"no app":                 {func(c *email.Config) { c.App = "" }, "Config.App"},
		"an app of two lines":    {func(c *email.Config) { c.App = "Acme\r\nBcc: eve@example.com" }, "Config.App"}, // attack: A-132
		"no from":                {func(c *email.Config) { c.From = "" }, "Config.From"},
		"a name in from":         {func(c *email.Config) { c.From = "Acme <no-reply@acme.example>" }, "Config.From"},
		"capitals in the domain": {func(c *email.Config) { c.From = "no-reply@ACME.example" }, "Config.From"},
		"another name":           {func(c *email.Config) { c.FromName = "Acme, Inc." }, ""},
		"a name of two lines":    {func(c *email.Config) { c.FromName = "Acme\nBcc: eve@example.com" }, "Config.FromName"},
		"a link that acts":       {func(c *email.Config) { c.Account = "https://acme.example/?token=1" }, "Config.Account"},
		"half an hour":           {func(c *email.Config) { c.TTL = 30 * time.Minute }, "TTL"}, // nist: N08
		"four digits":            {func(c *email.Config) { c.Digits = 4 }, "Digits"},          // nist: N10
		"German by default":      {func(c *email.Config) { c.Catalogue = words(t, catalogue.Config{Default: "de"}) }, ""},
		"a long subject": {func(c *email.Config) {
			c.Catalogue = words(t, catalogue.Config{Files: []fs.FS{english("mail: {sign-in: {subject: '" + strings.Repeat("{app} ", 50) + "!'}}")}})
		}, "Files[0]/en.yaml:1: mail.sign-in in en: its subject is longer"},
		"a layout without text":        {func(c *email.Config) { c.Layout = fstest.MapFS{"layout.html": {Data: []byte(`<p>Hello</p>`)}} }, "layout does not have the code"},
		"a layout with two codes":      {layoutOf(`{{range .Paragraphs}}{{range .}}<p>{{.Text}}{{.Text}}</p>{{end}}{{end}}`), "layout does not have the code once"},
		"a layout with something else": {layoutOf(`{{range .Paragraphs}}{{range .}}<p>{{.Words}}</p>{{end}}{{end}}`), "layout cannot be written"},
		"a layout that has the code in one direction": {
			layoutOf(`{{range .Paragraphs}}{{range .}}{{if or (ne $.Direction "rtl") (ne .Is "code")}}<p>{{.Text}}</p>{{end}}{{end}}{{end}}`), "layout does not have the code once",
		},
		"a layout that fails on notices": {
			layoutOf(`{{range .Paragraphs}}{{range .}}{{if eq .Is "value"}}{{.No}}{{end}}<p>{{.Text}}</p>{{end}}{{end}}`), "layout cannot be written",
		},
		"a layout that cannot be read": {func(c *email.Config) { c.Layout = unreadable{os.DirFS(".")} }, "permission denied"},
		"a layout that is none":        {layoutOf(`{{range}}`), "layout.html"},
		"a layout":                     {layoutOf(`<body>{{range .Paragraphs}}<p>{{range .}}{{.Text}} {{end}}</p>{{end}}`), ""},
		"a folder without a layout":    {func(c *email.Config) { c.Layout = fstest.MapFS{"readme.txt": {}} }, "layout.html"},
	} {
		cfg := config(&box{})
		c.edit(&cfg)
		p, err := email.New(cfg)
		if (err == nil) != (c.want == "") || (p != nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	_, err := email.New(email.Config{TTL: time.Hour})
	for _, field := range []string{"Sender", "App", "From", "TTL"} {
		if err == nil || !strings.Contains(err.Error(), "Config."+field) {
			t.Errorf("all faults are to be told at once; %s is missing in %v", field, err)
		}
	}
}

func words(t *testing.T, cfg catalogue.Config) *catalogue.Catalogue {
	t.Helper()
	c, err := catalogue.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func english(source string) fs.FS { return fstest.MapFS{"en.yaml": {Data: []byte(source)}} }

// unreadable is a folder whose layout is there, and cannot be read.
type unreadable struct{ fs.FS }

func (u unreadable) Open(name string) (fs.File, error) {
	if name == "layout.html" {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrPermission}
	}
	return u.FS.Open(name)
}

func layoutOf(html string) func(*email.Config) {
	return func(c *email.Config) { c.Layout = fstest.MapFS{"layout.html": {Data: []byte(html)}} }
}

func TestInfo(t *testing.T) {
	t.Parallel()
	info := newProvider(t, config(&box{})).Info()
	if err := info.Validate(); err != nil {
		t.Error(err)
	}
	// nist: N07
	if info.Kind != "email" || info.Channel != "email" || len(info.AMR) != 0 || info.TTL != 5*time.Minute || info.PhishingResistant || info.Unguessable {
		t.Errorf("codes by e-mail are described as %+v", info)
	}
}

// The address is the one that the client asks for, or else the one that the user signs in with.
func TestWhichAddress(t *testing.T) {
	t.Parallel()
	b := &box{}
	p := newProvider(t, config(b))
	u := provider.User{Name: "Alice@Example.com"}
	for name, c := range map[string]struct {
		input string
		user  provider.User
		want  string // "": refused
	}{
		"nothing asked for":       {``, u, "Alice@example.com"},
		"an empty object":         {`{}`, u, "Alice@example.com"},
		"null":                    {`{"email":null}`, u, "Alice@example.com"},
		"another address":         {`{"email":"spare@example.com"}`, u, "spare@example.com"},
		"an empty address":        {`{"email":""}`, u, ""},
		"a user name that is one": {``, provider.User{Name: "alice"}, ""},
		"no user name":            {``, provider.User{}, ""},
		"a number":                {`{"email":1}`, u, ""},
		"a list":                  {`["spare@example.com"]`, u, ""},
		"no JSON":                 {`spare@example.com`, u, ""},
		"two objects":             {`{"email":"a@example.com"}{}`, u, ""},
		"a lot":                   {`{"email":"spare@example.com"` + strings.Repeat(" ", 4096) + `}`, u, ""},
	} {
		prompt, err := p.SetupHook(t.Context(), provider.SetupRequest{User: c.user, Input: json.RawMessage(c.input), Now: now})
		if c.want == "" {
			if !errors.As(err, new(*provider.InvalidError)) || prompt.Deliver != nil {
				t.Errorf("%s: %v, want a text for the user", name, err)
			}
			continue
		}
		sent(t)(prompt, err)
		if got := b.last(c.want); got.To != c.want {
			t.Errorf("%s: no message to %q", name, c.want)
		}
	}
}

func TestSendersErrors(t *testing.T) { // attack: A-137
	t.Parallel()
	for _, fault := range []error{sentcode.ErrAddress, sentcode.ErrTemporary, sentcode.ErrPermanent} {
		b := &box{fault: &provider.SendError{Note: "smtp 550 5.1.1", Err: fault}}
		prompt, err := newProvider(t, config(b)).SetupHook(t.Context(), provider.SetupRequest{Input: input("nobody@example.com"), Now: now})
		if err != nil {
			t.Fatal(err)
		}
		err = prompt.Deliver.Send(t.Context())
		invalid, noted := (*provider.InvalidError)(nil), (*provider.SendError)(nil)
		if !errors.Is(err, fault) || !errors.As(err, &noted) || errors.As(err, &invalid) != errors.Is(fault, sentcode.ErrAddress) {
			t.Errorf("%v becomes %v", fault, err)
		}
		if invalid != nil && (!strings.Contains(invalid.Text, "e-mail") || strings.Contains(invalid.Text, "nobody")) {
			t.Errorf("the user is told: %q", invalid.Text)
		}
	}
}

func TestFilesOfADeployment(t *testing.T) {
	t.Parallel()
	b := &box{}
	cfg := config(b)
	cfg.Catalogue = words(t, catalogue.Config{Files: []fs.FS{english("mail: {sign-in: {subject: 'Hello from {app}', code: 'Your {app} number is'}}")}})
	cfg.Layout = fstest.MapFS{
		"layout.html": {Data: []byte(`<body class="ours">{{range .Paragraphs}}<p>{{range .}}{{.Text}} {{end}}</p>{{end}}`)},
	}
	p := newProvider(t, cfg)
	f := enrol(t, p, b, provider.User{})
	sent(t)(p.LoginHook(t.Context(), provider.LoginRequest{Factors: []provider.Factor{f}, Now: now}))
	m := b.last(alice)
	if m.Subject != "Hello from Acme" || !strings.HasPrefix(m.Text, "Your Acme number is\n\n") || !strings.HasPrefix(m.HTML, `<body class="ours"><p>Your Acme number is </p>`) {
		t.Errorf("the deployment's message is %q, %q, %q", m.Subject, m.Text, m.HTML)
	}
	sent(t)(p.LoginHook(t.Context(), provider.LoginRequest{User: provider.User{Locale: "de"}, Factors: []provider.Factor{f}, Now: now}))
	if m := b.last(alice); m.Subject != "Ihr Anmeldecode für Acme" {
		t.Errorf("a message that was not redefined has the subject %q", m.Subject)
	}
}

func TestNothingPrinted(t *testing.T) { // attack: A-124
	t.Parallel()
	b := &box{}
	p := newProvider(t, config(b))
	enrol(t, p, b, provider.User{})
	m := b.last(alice)
	var out strings.Builder
	fmt.Fprintf(&out, "%v %+v %#v %s", m, m, m, &m)
	slog.New(slog.NewJSONHandler(&out, nil)).Info("sending", "mail", m)
	for _, secret := range []string{codeIn(m), "alice"} {
		if strings.Contains(out.String(), secret) {
			t.Errorf("%q is printed: %s", secret, out.String())
		}
	}
}

// A message is written from templates that were parsed before; the ceiling is what that takes, with room for a change of the text.
func TestAllocations(t *testing.T) {
	b := &box{}
	p := newProvider(t, config(b))
	req := provider.LoginRequest{User: provider.User{Locale: "de-AT"}, Factors: []provider.Factor{enrol(t, p, b, provider.User{})}, Now: now}
	ctx := context.Background()
	got := testing.AllocsPerRun(100, func() {
		prompt, err := p.LoginHook(ctx, req)
		if err == nil {
			err = prompt.Deliver.Send(ctx)
		}
		if err != nil {
			t.Fatal(err)
		}
	})
	if got > 400 {
		t.Errorf("a challenge and its message make %v allocations, more than 400", got)
	} else {
		t.Logf("%v allocations", got)
	}
}
