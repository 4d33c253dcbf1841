package totp_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/provider/totp"
)

func offer(t testing.TB, p *totp.Provider, req provider.SetupRequest) provider.Prompt {
	t.Helper()
	prompt, err := p.SetupHook(context.Background(), req)
	if err != nil {
		t.Fatal(err)
	}
	return prompt
}

func TestSetUpThenLogIn(t *testing.T) { // attack: A-25
	t.Parallel()
	for _, cfg := range []totp.Config{{}, {Algorithm: totp.SHA256, Digits: 8, Period: 15 * time.Second}, {Algorithm: totp.SHA512, Period: 60 * time.Second, Skew: totp.NoSkew}} {
		p := newProvider(t, cfg)
		prompt := offer(t, p, provider.SetupRequest{User: alice, Now: noon})
		a := scan(t, prompt)
		code := a.codeAt(noon)
		e, err := p.SetupVerify(t.Context(), provider.SetupRequest{User: alice, Now: noon}, provider.Answer{Private: prompt.Private, Response: typed(code).Response})
		if err != nil {
			t.Fatal(err)
		}
		if e.Label != "Authenticator app" || e.Handle != "" || e.Hint != "" || e.Once != nil {
			t.Errorf("enrolment: %+v", e)
		}
		who := &account{t: t, p: p, data: e.Data}
		mustReject(t, who, code, noon)
		later := noon.Add(time.Duration(a.period) * time.Second)
		mustLogin(t, who, a.codeAt(later), later)
	}
}

func TestOnlyTheRightCodeCompletesTheSetUp(t *testing.T) {
	t.Parallel()
	p := newProvider(t, totp.Config{})
	verify := func(private []byte, code string, now time.Time) error {
		e, err := p.SetupVerify(t.Context(), provider.SetupRequest{User: alice, Now: now}, provider.Answer{Private: private, Response: typed(code).Response})
		if (err == nil) != (e.Data != nil) {
			t.Errorf("enrolment %+v with error %v", e, err)
		}
		return err
	}
	a := phone()
	for off := int64(-1); off <= 1; off++ { // Exactly the window of a login: stricter, and apps that will work are turned away.
		if err := verify(a.record(0), a.code(a.step(noon)+off), noon); err != nil {
			t.Errorf("a code %d steps off: %v", off, err)
		}
	}
	if err := verify(a.record(0), wrongCode(a, noon), noon); err != provider.ErrRejected {
		t.Errorf("a wrong code: %v", err)
	}
	if err := verify(a.record(0), "", noon); !errors.Is(err, provider.ErrInvalid) {
		t.Errorf("no code: %v", err)
	}
	for _, private := range [][]byte{nil, {}, {1}, {0}, []byte("anything at all")} { // attack: A-24
		noVerdict(t, verify(private, a.codeAt(noon), noon))
	}
}

func TestAWrongClockIsExplainedAtSetUpOnly(t *testing.T) {
	t.Parallel()
	p := newProvider(t, totp.Config{})
	a := phone()
	for off := int64(-12); off <= 12; off++ {
		code := a.code(a.step(noon) + off)
		_, err := p.SetupVerify(t.Context(), provider.SetupRequest{User: alice, Now: noon}, provider.Answer{Private: a.record(0), Response: typed(code).Response})
		var invalid *provider.InvalidError
		far := off < -1 || off > 1
		near := off >= -10 && off <= 10
		switch {
		case !far && err != nil:
			t.Errorf("%d steps off: %v", off, err)
		case far && near && !errors.As(err, &invalid):
			t.Errorf("%d steps off, the user must be told about the clock: %v", off, err)
		case far && !near && err != provider.ErrRejected:
			t.Errorf("%d steps off: %v", off, err)
		}
		if far {
			mustReject(t, &account{t: t, p: p, data: a.record(0)}, code, noon)
		}
	}
}

func TestEveryOfferHasANewSecret(t *testing.T) { // attack
	t.Parallel()
	p := newProvider(t, totp.Config{})
	enrolled := phone()
	existing := []provider.Factor{{ID: "f1", Data: enrolled.record(5)}}
	before := bytes.Clone(existing[0].Data)
	seen := map[string]bool{string(enrolled.secret): true}
	for range 100 {
		prompt := offer(t, p, provider.SetupRequest{User: alice, Existing: existing, Now: noon})
		secret := scan(t, prompt).secret
		if len(secret) != 20 {
			t.Fatalf("a secret has 160 bits, not %d", 8*len(secret))
		}
		if seen[string(secret)] || bytes.Contains(prompt.Private, enrolled.secret) {
			t.Fatal("an existing secret was handed out")
		}
		seen[string(secret)] = true
	}
	if !bytes.Equal(existing[0].Data, before) {
		t.Error("the offer changed the active factor")
	}
}

func TestTheSamePromptAgain(t *testing.T) {
	t.Parallel()
	first := offer(t, newProvider(t, totp.Config{}), provider.SetupRequest{User: alice, Now: noon})
	// The configuration may change between two requests. The offer keeps its parameters.
	changed := newProvider(t, totp.Config{Algorithm: totp.SHA512, Digits: 8, Period: 60 * time.Second})
	again := offer(t, changed, provider.SetupRequest{User: alice, Now: noon.Add(time.Minute), Previous: first.Private})
	if !bytes.Equal(first.Private, again.Private) || first.Public != again.Public {
		t.Error("the prompt is another one")
	}
	for _, previous := range [][]byte{{0}, first.Private[:9], append(bytes.Clone(first.Private), 0)} {
		_, err := changed.SetupHook(t.Context(), provider.SetupRequest{User: alice, Now: noon, Previous: previous})
		noVerdict(t, err)
	}
}

// crypto/rand.Reader is global, so this test is not parallel.
func TestWithoutRandomnessThereIsNoOffer(t *testing.T) { // attack: A-119
	broken := errors.New("no entropy")
	for _, reader := range []io.Reader{iotest.ErrReader(broken), io.LimitReader(rand.Reader, 19)} {
		func() {
			defer func(r io.Reader) { rand.Reader = r }(rand.Reader)
			rand.Reader = reader
			p, err := newProvider(t, totp.Config{}).SetupHook(t.Context(), provider.SetupRequest{User: alice, Now: noon})
			if err == nil || isVerdict(err) || p.Public != nil || p.Private != nil {
				t.Errorf("without randomness SetupHook returned %v, %v", p, err)
			}
		}()
	}
}

func TestWhatTheClientIsShown(t *testing.T) {
	t.Parallel()
	private := phone().record(0)
	prompt := offer(t, newProvider(t, totp.Config{Issuer: "Acme & Söhne"}), provider.SetupRequest{User: alice, Now: noon, Previous: private})
	b, err := json.Marshal(prompt.Public)
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	svg, _ := got["qr"].(string)
	delete(got, "qr")
	want := map[string]any{
		"uri":            "otpauth://totp/Acme%20%26%20S%C3%B6hne:alice%40example.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Acme%20%26%20S%C3%B6hne&algorithm=SHA1&digits=6&period=30",
		"secret":         "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ",
		"secret_grouped": "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ",
		"issuer":         "Acme & Söhne", "account": "alice@example.com",
		"algorithm": "SHA1", "digits": 6.0, "period": 30.0,
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
	if err := xml.Unmarshal([]byte(svg), new(struct{})); err != nil || !strings.HasPrefix(svg, "<svg ") {
		t.Errorf("qr is not an svg element: %v", err)
	}
	if !regexp.MustCompile(`role="img" aria-label="QR code to set up your authenticator app"`).MatchString(svg) {
		t.Errorf("the QR code says nothing to a screen reader: %.200s", svg)
	}
}

func TestPrintingAPromptDoesNotPrintTheSecret(t *testing.T) { // attack: A-142
	t.Parallel()
	prompt := offer(t, newProvider(t, totp.Config{}), provider.SetupRequest{User: alice, Now: noon})
	shown := prompt.Public.(totp.SetupPrompt)
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		fmt.Fprintf(&out, verb, shown)
		fmt.Fprintf(&out, verb, &shown)
		fmt.Fprintf(&out, verb, provider.Prompt{Public: shown})
	}
	for _, h := range []slog.Handler{slog.NewJSONHandler(&out, nil), slog.NewTextHandler(&out, nil)} {
		slog.New(h).Info("prompt", "public", shown, "any", prompt.Public)
	}
	for _, secret := range []string{shown.Secret, shown.SecretGrouped[:9], fmt.Sprintf("%x", shown.Secret)} {
		if strings.Contains(out.String(), secret) {
			t.Errorf("the secret was printed: %s", out.String())
		}
	}
}

// The issuer is the deployment's, whoever asks and whatever is sent along. // attack: A-141
func TestTheIssuerIsTheDeployments(t *testing.T) {
	t.Parallel()
	user := alice
	user.Tenant, user.Name = "Google", "Google:alice&issuer=Google"
	for _, input := range []string{"", `{"issuer":"Google"}`, `{"uri":"otpauth://totp/Google:alice?issuer=Google"}`, `"Google"`} {
		prompt := offer(t, newProvider(t, totp.Config{Issuer: "Acme"}), provider.SetupRequest{User: user, Now: noon, Input: json.RawMessage(input)})
		shown, ok := prompt.Public.(totp.SetupPrompt)
		if !ok || shown.Issuer != "Acme" {
			t.Errorf("with %q the page shows %+v", input, shown.Issuer)
		}
		u, err := url.Parse(shown.URI)
		if err != nil {
			t.Fatal(err)
		}
		if label, _, _ := strings.Cut(strings.TrimPrefix(u.Path, "/"), ":"); label != "Acme" || len(u.Query()["issuer"]) != 1 || u.Query().Get("issuer") != "Acme" {
			t.Errorf("with %q an app shows %s", input, shown.URI)
		}
	}
}
