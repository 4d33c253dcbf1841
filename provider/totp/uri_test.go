package totp_test

import (
	"bytes"
	"encoding/base32"
	"errors"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/pquerna/otp"

	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/provider/totp"
)

func uriOf(t testing.TB, issuer, account string, a app) (string, error) {
	t.Helper()
	p, err := totp.New(totp.Config{Issuer: issuer})
	if err != nil {
		return "", err
	}
	prompt, err := p.SetupHook(t.Context(), provider.SetupRequest{User: provider.User{ID: "u1", Name: account}, Now: noon, Previous: a.record(0)})
	if err != nil {
		return "", err
	}
	return prompt.Public.(totp.SetupPrompt).URI, nil
}

// Each of these once ended its part of some builder's URI and began another. // attack: A-140
func TestNamesCannotInjectParameters(t *testing.T) {
	t.Parallel()
	hostile := []string{
		"Acme&secret=AAAAAAAAAAAAAAAA", "AT&T", "a?secret=AAAA", "a#b", "a+b", "a b", "a%26b", "a%3Ab", "a=b", "a/b", "/a", "..", "a;b", "a\\b", `a"b<c>`, "日本", "a@b", "\U0001f511",
	}
	for _, issuer := range hostile {
		for _, account := range hostile {
			uri, err := uriOf(t, issuer, account, phone())
			if err != nil {
				t.Fatal(err)
			}
			readBack(t, uri, issuer, account, phone())
		}
	}
}

// readBack takes a URI apart as apps do: with a URL parser, and with the library's parser of foreign keys.
func readBack(t testing.TB, uri, issuer, account string, a app) {
	t.Helper()
	secret := base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(a.secret)

	u, err := url.Parse(uri)
	if err != nil {
		t.Fatalf("%s: %v", uri, err)
	}
	q, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		t.Fatalf("%s: %v", uri, err)
	}
	want := url.Values{"secret": {secret}, "issuer": {issuer}, "algorithm": {a.algorithm.String()}, "digits": {strconv.Itoa(a.digits)}, "period": {strconv.FormatInt(a.period, 10)}}
	if u.Scheme != "otpauth" || u.Host != "totp" || u.Path != "/"+issuer+":"+account || u.Fragment != "" || u.User != nil || q.Encode() != want.Encode() {
		t.Errorf("net/url reads %s as %q, %v", uri, u.Path, q)
	}
	if !strings.HasPrefix(u.RawQuery, "secret=") {
		t.Errorf("the secret must come first: %s", uri)
	}
	if !regexp.MustCompile(`^otpauth://totp/[A-Za-z0-9%._~-]+:[A-Za-z0-9%._~-]+\?[A-Za-z0-9%._~=&-]+$`).MatchString(uri) {
		t.Errorf("a character that must be escaped is not: %s", uri)
	}

	k, err := otp.NewKeyFromURL(uri)
	if err != nil {
		t.Fatalf("%s: %v", uri, err)
	}
	if k.Type() != "totp" || k.Secret() != secret || k.Issuer() != issuer || k.AccountName() != account ||
		k.Digits() != otp.Digits(a.digits) || k.Period() != uint64(a.period) || k.Algorithm() != otp.Algorithm(a.algorithm) {
		t.Errorf("the library reads %s as issuer %q, account %q, secret %q", uri, k.Issuer(), k.AccountName(), k.Secret())
	}
}

func FuzzURI(f *testing.F) {
	f.Add("Acme", "alice@example.com", []byte("12345678901234567890"))
	f.Add("AT&T", "a?b#c&d=e+f%20g", bytes.Repeat([]byte{0xff}, 128))
	f.Add("A:B", "a:b", []byte("short"))
	f.Add("\u202e", " ", make([]byte, 16))
	f.Fuzz(func(t *testing.T, issuer, account string, secret []byte) {
		a := phone()
		a.secret = secret
		uri, err := uriOf(t, issuer, account, a)
		fits := func(s string, n int) bool {
			return s != "" && len(s) <= n && utf8.ValidString(s) && !strings.Contains(s, ":") && strings.IndexFunc(s, unicode.IsControl) < 0
		}
		usable := fits(issuer, 64) && strings.TrimSpace(issuer) == issuer && fits(account, 256) && len(secret) >= 16 && len(secret) <= 128
		if (err == nil) != usable {
			t.Fatalf("issuer %q, account %q, %d bytes of secret: %v", issuer, account, len(secret), err)
		}
		if err == nil {
			readBack(t, uri, issuer, account, a)
		}
	})
}

// Neither name may have what apps split at, or what changes a terminal or a label.
func TestWhichNameIsTheAccount(t *testing.T) { // attack: A-140
	t.Parallel()
	p := newProvider(t, totp.Config{})
	for _, v := range []struct{ name, displayName, want string }{
		{"alice", "Alice", "alice"},
		{"", "Alice", "Alice"},
		{"DOMAIN:alice", "Alice", "Alice"},
		{"alice\nbcc", "Alice", "Alice"},
		{"alice\x7f", "Alice", "Alice"},
		{"\xff", "Alice", "Alice"},
		{strings.Repeat("a", 257), "Alice", "Alice"},
		{strings.Repeat("a", 256), "Alice", strings.Repeat("a", 256)},
	} {
		prompt := offer(t, p, provider.SetupRequest{User: provider.User{ID: "u1", Name: v.name, DisplayName: v.displayName}, Now: noon})
		if got := prompt.Public.(totp.SetupPrompt).Account; got != v.want {
			t.Errorf("%q, %q: the account is %q", v.name, v.displayName, got)
		}
	}
	for _, u := range []provider.User{{ID: "u1"}, {ID: "u1", Name: "a:b"}, {ID: "u1", Name: "a:b", DisplayName: "A\x00"}} {
		if prompt, err := p.SetupHook(t.Context(), provider.SetupRequest{User: u, Now: noon}); !errors.Is(err, provider.ErrInvalid) || prompt.Public != nil {
			t.Errorf("%+v: %v", u, err)
		}
	}
}

// The longest names, of which each byte takes three, with the longest secret still fit into a QR code.
func TestTheLongestURIFitsTheQRCode(t *testing.T) {
	t.Parallel()
	a := phone()
	a.secret = make([]byte, 128)
	issuer, account := strings.Repeat("ä", 32), strings.Repeat("ö", 128)
	uri, err := uriOf(t, issuer, account, a)
	if err != nil {
		t.Fatal(err)
	}
	readBack(t, uri, issuer, account, a)
}
