package device_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/provider/device"
)

const day = 24 * time.Hour

func newProvider(t testing.TB) *device.Provider {
	t.Helper()
	p, err := device.New(device.Config{})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// trust is a set-up: the factor, and the token that the browser got.
func trust(t testing.TB, p *device.Provider, id string) (provider.Factor, string) {
	t.Helper()
	prompt, err := p.SetupHook(t.Context(), provider.SetupRequest{})
	if err != nil {
		t.Fatal(err)
	}
	e, err := p.SetupVerify(t.Context(), provider.SetupRequest{}, provider.Answer{Private: prompt.Private, Response: json.RawMessage(`{"trust":true}`)})
	if err != nil {
		t.Fatal(err)
	}
	return provider.Factor{ID: id, Data: e.Data}, e.Once.(device.Trusted).Token
}

func present(t testing.TB, p *device.Provider, token string, fs ...provider.Factor) (provider.Match, error) {
	t.Helper()
	quoted, err := json.Marshal(token)
	if err != nil {
		t.Fatal(err)
	}
	return p.LoginVerify(t.Context(), provider.LoginRequest{Factors: fs}, provider.Answer{Response: quoted})
}

// accepted presents a token that must be good, and returns the factor as it is then and the token that follows.
func accepted(t testing.TB, p *device.Provider, token string, f provider.Factor) (provider.Factor, string) {
	t.Helper()
	m, err := present(t, p, token, f)
	if err != nil || m.FactorID != f.ID {
		t.Fatalf("a good token: match of %q, %v", m.FactorID, err)
	}
	if m.Data != nil {
		f.Data = m.Data
	}
	return f, m.Once.(device.Trusted).Token
}

func TestConfigIsChecked(t *testing.T) {
	t.Parallel()
	for lifetime, ok := range map[time.Duration]bool{
		0: true, day: true, 90 * day: true, -day: false, 91 * day: false, time.Hour: false, day + time.Second: false, 30 * day: true,
	} {
		if p, err := device.New(device.Config{Lifetime: lifetime}); (err == nil) != ok || (p != nil) != ok {
			t.Errorf("Lifetime %v: error %v", lifetime, err)
		}
	}
}

func TestABrowserIsTrustedForTheLifetime(t *testing.T) {
	t.Parallel()
	p, err := device.New(device.Config{Lifetime: 7 * day})
	if err != nil {
		t.Fatal(err)
	}
	prompt, err := p.SetupHook(t.Context(), provider.SetupRequest{})
	if err != nil || prompt.Public != (device.Offer{Days: 7}) {
		t.Errorf("the offer is %v, %v", prompt.Public, err)
	}
	e, err := p.SetupVerify(t.Context(), provider.SetupRequest{}, provider.Answer{Private: prompt.Private, Response: json.RawMessage(`{"trust":true}`)})
	if err != nil || e.GoodFor != 7*day || e.Once.(device.Trusted).MaxAge != 7*86400 {
		t.Errorf("a browser is trusted for %v, and its cookie lives %v: %v", e.GoodFor, e.Once, err)
	}
}

func TestEachLoginHandsOutTheNextToken(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	f, token := trust(t, p, "f1")
	seen := map[string]bool{token: true}
	for range 5 {
		f, token = accepted(t, p, token, f)
		if seen[token] {
			t.Fatal("a token was handed out before")
		}
		seen[token] = true
	}
}

// Two tabs that present one cookie, or a browser that did not get the reply, go on with the same next token.
func TestTheTokenBeforeTheNewestIsGoodUntilTheNewestIsSeen(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	f, first := trust(t, p, "f1")
	f, second := accepted(t, p, first, f)
	for range 3 {
		again, same := accepted(t, p, first, f)
		if same != second || !bytes.Equal(again.Data, f.Data) {
			t.Error("one token leads to two: a tab whose reply comes last would keep one that is not known")
		}
	}
	f, _ = accepted(t, p, second, f)
	if _, err := present(t, p, first, f); !errors.Is(err, provider.ErrCompromised) {
		t.Errorf("a token before the last two: %v, want ErrCompromised", err)
	}
}

// attack: A-71
func TestAnOldTokenIsATheft(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	f, token := trust(t, p, "f1")
	history := []string{token}
	for range 6 {
		f, token = accepted(t, p, token, f)
		history = append(history, token)
	}
	for i, old := range history[:5] {
		m, err := present(t, p, old, f)
		if !errors.Is(err, provider.ErrCompromised) || m.FactorID != "f1" || m.Data != nil || m.Once != nil {
			t.Errorf("token %d of 7: %v, and a match of %q", i+1, err, m.FactorID)
		}
	}
}

// A token that nobody made must not be able to disable a browser: whoever knows its name could log its owner out.
//
// attack
func TestATokenThatNobodyMadeIsOnlyWrong(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	f, token := trust(t, p, "f1")
	other, foreign := trust(t, p, "f2")
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil {
		t.Fatal(err)
	}
	for i := range raw {
		for bit := range 8 {
			forged := bytes.Clone(raw)
			forged[i] ^= 1 << bit
			if _, err := present(t, p, base64.RawURLEncoding.EncodeToString(forged), f, other); err == nil || errors.Is(err, provider.ErrCompromised) {
				t.Errorf("with bit %d of byte %d changed: %v", bit, i, err)
			}
		}
	}
	if _, err := present(t, p, foreign, f); !errors.Is(err, provider.ErrRejected) {
		t.Errorf("another browser's token: %v", err)
	}
	mixed, _ := base64.RawURLEncoding.DecodeString(foreign)
	copy(mixed[1:17], raw[1:17])
	if _, err := present(t, p, base64.RawURLEncoding.EncodeToString(mixed), f, other); !errors.Is(err, provider.ErrRejected) {
		t.Errorf("another browser's token under this one's name: %v", err)
	}
}

func TestATokenHasOneSpelling(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	f, token := trust(t, p, "f1")
	for _, response := range []string{
		token, `"` + token + `" `, ` "` + token + `"`, `"` + token[:40] + "\n" + token[41:] + `"`, `"` + token[:len(token)-1] + "\n" + `"`, `"` + token + `="`,
		`{"token":"` + token + `"}`, `"` + strings.ToUpper(token) + `"`, `""`, "null", `"` + token[:len(token)-1] + `"`,
	} {
		_, err := p.LoginVerify(t.Context(), provider.LoginRequest{Factors: []provider.Factor{f}}, provider.Answer{Response: json.RawMessage(response)})
		if !errors.Is(err, provider.ErrInvalid) && !errors.Is(err, provider.ErrRejected) {
			t.Errorf("%.30q: %v", response, err)
		}
	}
}

func TestOnlyAnExplicitYesTrusts(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	prompt, err := p.SetupHook(t.Context(), provider.SetupRequest{})
	if err != nil {
		t.Fatal(err)
	}
	for _, response := range []string{"", "null", "true", "{}", `{"trust":false}`, `{"trust":1}`, `{"Trust":true}`, `{"trust":false,"trust":true}`, `{"trust":true}{}`, `{"trust":"true"}`} {
		_, err := p.SetupVerify(t.Context(), provider.SetupRequest{}, provider.Answer{Private: prompt.Private, Response: json.RawMessage(response)})
		if !errors.Is(err, provider.ErrInvalid) {
			t.Errorf("%q: %v", response, err)
		}
	}
}

// attack: A-120
func TestNothingKeptOrPrintedIsAToken(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	f, first := trust(t, p, "f1")
	f, second := accepted(t, p, first, f)
	for _, token := range []string{first, second} {
		raw, _ := base64.RawURLEncoding.DecodeString(token)
		for n := 17; n+4 <= 49; n++ {
			if bytes.Contains(f.Data, raw[n:n+4]) {
				t.Errorf("the record holds bytes %d to %d of a secret", n-17, n-13)
			}
		}
		var printed strings.Builder
		once := device.Trusted{Token: token}
		fmt.Fprintf(&printed, "%v %+v %#v %s", once, once, once, once)
		slog.New(slog.NewJSONHandler(&printed, nil)).Info("in", "once", once)
		if strings.Contains(printed.String(), token[30:40]) {
			t.Errorf("a token was printed: %s", printed.String())
		}
	}
	if raw, _ := base64.RawURLEncoding.DecodeString(first); len(raw[17:49])*8 < 128 {
		t.Error("a token's secret has fewer than 128 bits")
	}
}

// The golden record and its tokens are what version 1 writes. A change that cannot read them forgets every trusted browser.
//
// attack: A-163
func TestGoldenRecord(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	const path = "testdata/browser-v1.txt"
	if _, err := os.Stat(path); os.IsNotExist(err) && os.Getenv("COFACTOR_UPDATE") == "1" {
		f, first := trust(t, p, "f1")
		f, second := accepted(t, p, first, f)
		f, _ = accepted(t, p, second, f)
		lines := strings.Join([]string{hex.EncodeToString(f.Data), first, second}, "\n") + "\n"
		if err := os.WriteFile(path, []byte(lines), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Fields(string(file)) // the record, the token that is too old, and the one that is good
	data, err := hex.DecodeString(lines[0])
	if err != nil {
		t.Fatal(err)
	}
	f := provider.Factor{ID: "f1", Data: data}
	if _, err := present(t, p, lines[1], f); !errors.Is(err, provider.ErrCompromised) {
		t.Errorf("the old token: %v", err)
	}
	after, next := accepted(t, p, lines[2], f)
	after, _ = accepted(t, p, next, after)
	for n := range data {
		f.Data = data[:n]
		if _, err := present(t, p, lines[2], f); err == nil {
			t.Errorf("the first %d bytes of a record are taken for one", n)
		}
	}
	for v := range 256 {
		f.Data = append([]byte{byte(v)}, data[1:]...)
		if _, err := present(t, p, lines[2], f); v != int(data[0]) && (err == nil || errors.Is(err, provider.ErrRejected)) {
			t.Errorf("a record of version %d: %v, want a fault", v, err)
		}
	}
	if len(after.Data) != len(data) {
		t.Errorf("a record grew from %d to %d bytes", len(data), len(after.Data))
	}
}

func FuzzTokens(f *testing.F) {
	p := newProvider(f)
	fac, token := trust(f, p, "f1")
	f.Add([]byte(`"` + token + `"`))
	f.Add([]byte(`""`))
	f.Add([]byte("\x00"))
	f.Fuzz(func(t *testing.T, response []byte) {
		m, err := p.LoginVerify(t.Context(), provider.LoginRequest{Factors: []provider.Factor{fac}}, provider.Answer{Response: response})
		if err == nil && string(response) != `"`+token+`"` {
			t.Errorf("%q is taken for the token", response)
		}
		if err != nil && m.FactorID != "" {
			t.Errorf("%q: %v with a match", response, err)
		}
	})
}
