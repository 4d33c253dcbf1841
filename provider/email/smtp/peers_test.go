package smtp_test

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-msgauth/dkim"

	"github.com/cofactor-mfa/cofactor/internal/testenv"
	"github.com/cofactor-mfa/cofactor/provider/email/smtp"
	"github.com/cofactor-mfa/cofactor/provider/sentcode"
)

// A mail server that nobody here has written: the message is delivered once, to one mailbox, as it was sent.
//
// attack
func TestPostfixDelivers(t *testing.T) {
	t.Parallel()
	u, err := url.Parse(testenv.SMTP(t))
	if err != nil {
		t.Fatal(err)
	}
	pem, err := os.ReadFile(u.Query().Get("ca"))
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	port, err := strconv.Atoi(u.Port())
	if err != nil {
		t.Fatal(err)
	}
	cfg := smtp.Config{Host: u.Hostname(), Port: port, Open: true, RootCAs: roots}
	s, err := smtp.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	if err := s.Check(t.Context()); err != nil {
		t.Fatal(err)
	}

	stranger := message()
	stranger.To = "nobody@example.test"
	err = s.Send(t.Context(), stranger)
	checkFailure(t, "an unknown mailbox", err, sentcode.ErrAddress, "smtp 550 5.1.1")
	stranger.To = "alice@elsewhere.example"
	err = s.Send(t.Context(), stranger)
	checkFailure(t, "a foreign domain", err, sentcode.ErrPermanent, "smtp 554 5.7.1")

	m := message()
	m.To = "alice@example.test"
	m.Subject = "Ihr Anmeldecode für Äcme: رمز"
	for range 2 { // the second over the connection of the first
		if err := s.Send(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	files := delivered(t, u.Query().Get("mailbox"), 2)
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		got := string(text)
		for _, want := range []string{
			"X-Original-To: alice@example.test\n", "Delivered-To: alice@example.test\n", "Return-Path: <no-reply@acme.example>\n", "with ESMTPS id",
			"from acme.example (", "\nMessage-ID: <" + m.ID + ">\n", "\nAuto-Submitted: auto-generated\n", "\nTo: <alice@example.test>\n",
		} {
			if strings.Count(got, want) != 1 {
				t.Errorf("the delivered message does not have %q once:\n%s", want, got)
			}
		}
		checkSubject(t, got, m.Subject)
		checkMessage(t, strings.NewReplacer("<alice@example.test>", "<alice@example.com>", "\n", "\r\n").Replace(withSubject(got, message().Subject)))
	}
}

// delivered waits until there are n messages, and then a moment for one too many.
func delivered(t *testing.T, folder string, n int) []string {
	t.Helper()
	var files []string
	for range 200 {
		found, err := filepath.Glob(filepath.Join(folder, "*"))
		if err != nil {
			t.Fatal(err)
		}
		if files = found; len(files) >= n {
			time.Sleep(300 * time.Millisecond)
			if files, err = filepath.Glob(filepath.Join(folder, "*")); err != nil {
				t.Fatal(err)
			}
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	if len(files) != n {
		t.Fatalf("%d messages were delivered, want %d", len(files), n)
	}
	t.Cleanup(func() {
		for _, f := range files {
			_ = os.Remove(f)
		}
	})
	return files
}

// Another house's verifier finds the signature right, and notices when a header or the code was changed on the way.
func TestDKIM(t *testing.T) {
	t.Parallel()
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	_, edKey, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for name, key := range map[string]crypto.Signer{"rsa": rsaKey, "ed25519": edKey} {
		srv := startServer(t, serverKind{})
		s := srv.sender(t, func(c *smtp.Config) { c.DKIM = &smtp.DKIM{Domain: "acme.example", Selector: "s1", Key: key} })
		for range 2 {
			if err := s.Send(t.Context(), message()); err != nil {
				t.Fatal(err)
			}
		}
		for _, m := range srv.inbox() {
			if err := verify(m.text, name, key); err != nil {
				t.Errorf("%s: %v\n%s", name, err, m.text)
			}
			for what, change := range map[string][2]string{
				"code": {"012345", "543210"}, "recipient": {"To: <alice@", "To: <mallory@"}, "sender": {"<no-reply@", "<reply@"},
				"subject": {"sign-in code\r\n", "sign-in number\r\n"}, "date": {"\r\nDate: ", "\r\nDate: X"}, "an added subject": {"\r\nSubject:", "\r\nSubject: Urgent\r\nSubject:"},
			} {
				changed := strings.Replace(m.text, change[0], change[1], 1)
				if changed == m.text {
					t.Fatalf("%s: there is no %q to change", name, change[0])
				}
				if err := verify(changed, name, key); err == nil {
					t.Errorf("%s: the signature covers no %s", name, what)
				}
			}
		}
	}
}

func verify(text, algorithm string, key crypto.Signer) error {
	var public []byte
	switch k := key.Public().(type) {
	case *rsa.PublicKey:
		public = x509.MarshalPKCS1PublicKey(k)
		if der, err := x509.MarshalPKIXPublicKey(k); err == nil {
			public = der
		}
	case ed25519.PublicKey:
		public = k
	}
	record := "v=DKIM1; k=" + algorithm + "; p=" + base64.StdEncoding.EncodeToString(public)
	found, err := dkim.VerifyWithOptions(bytes.NewReader([]byte(text)), &dkim.VerifyOptions{LookupTXT: func(name string) ([]string, error) {
		if name != "s1._domainkey.acme.example" {
			return nil, errors.New("asked for " + name)
		}
		return []string{record}, nil
	}})
	switch {
	case err != nil:
		return err
	case len(found) != 1:
		return errors.New(strconv.Itoa(len(found)) + " signatures")
	}
	return found[0].Err
}
