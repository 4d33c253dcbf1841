package webhook_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/provider/sms"
	"github.com/cofactor-mfa/cofactor/provider/sms/webhook"
)

const text = "471102 is your Acme sign-in code. Don't share it.\n\n@acme.example #471102"

var (
	now     = time.Date(2030, time.March, 3, 9, 0, 0, 0, time.UTC)
	secret  = []byte("0123456789abcdef0123456789abcdef")
	message = sms.Message{To: "+447911123456", Text: text, Sent: now, Expires: now.Add(5 * time.Minute)}
)

// gateway is one that ends with the test. It counts the requests.
func gateway(t *testing.T, answer http.HandlerFunc) (string, *atomic.Int32) {
	t.Helper()
	var n atomic.Int32
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n.Add(1)
		answer(w, r)
	}))
	t.Cleanup(func() {
		s.CloseClientConnections()
		s.Close()
	})
	return s.URL, &n
}

func sender(t *testing.T, cfg webhook.Config) *webhook.Sender {
	t.Helper()
	if cfg.Secret == nil && cfg.Header == nil {
		cfg.Secret = secret
	}
	s, err := webhook.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestARequestIsSignedAndItsReceiverCanTell(t *testing.T) {
	t.Parallel()
	var faults []error
	u, n := gateway(t, func(_ http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		faults = append(faults, webhook.Verify(now.Add(time.Minute), r.Header, b, secret))
		if err := webhook.Verify(now, r.Header, append(b, ' '), secret); !errors.Is(err, webhook.ErrSignature) {
			faults = append(faults, errors.New("another body has the same signature"))
		}
		var m map[string]string
		faults = append(faults, json.Unmarshal(b, &m))
		if len(m) != 2 || m["to"] != message.To || m["text"] != text || r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/json" {
			faults = append(faults, fmt.Errorf("%s %s with %q", r.Method, r.Header.Get("Content-Type"), m))
		}
	})
	if err := sender(t, webhook.Config{URL: u}).Send(t.Context(), message); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(faults...); err != nil || n.Load() != 1 {
		t.Errorf("%d requests for one message: %v", n.Load(), err)
	}
}

func TestAFormHasWhatItsGatewayWants(t *testing.T) {
	t.Parallel()
	var got url.Values
	var key string
	u, _ := gateway(t, func(_ http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		got, key = r.PostForm, r.Header.Get("Authorization")
	})
	s := sender(t, webhook.Config{
		URL: u, Form: map[string]string{"to": "{{.Number}}", "text": "{{.Text}}", "from": "Acme & Sons"}, Header: http.Header{"Authorization": {"Basic eA=="}},
	})
	if err := s.Send(t.Context(), message); err != nil {
		t.Fatal(err)
	}
	want := url.Values{"to": {"447911123456"}, "text": {text}, "from": {"Acme & Sons"}}
	if got.Encode() != want.Encode() || key != "Basic eA==" {
		t.Errorf("the form is %q with the key %q, not %q", got, key, want)
	}
}

// A text that is put between quotation marks as it is lets whoever chose its words write the request. // attack: A-135
func TestABodyThatDoesNotQuoteIsRefused(t *testing.T) {
	t.Parallel()
	for body, reason := range map[string]string{
		`{"to":"{{.To}}","text":"{{.Text}}"}`:          "no JSON",
		`{"to":{{json .To}}}`:                          "must have the number and the text",
		`{"text":{{json .Text}}}`:                      "must have the number and the text",
		`{"to":{{json .To}},"text":{{json .Message}}}`: "does not render",
		`{"to":{{json .To}},"text":{{json .Text}}`:     "no JSON",
		`{{`: "unclosed action",
		`{"to":{{json .To}},"t":{{printf "%.9q" .Text}}}`:  "must have the number and the text",
		`{"to":{{json .To}},"text":{{json .Text}}}{"x":1}`: "no JSON",
	} {
		_, err := webhook.New(webhook.Config{URL: "https://gateway.example", Secret: secret, JSON: body})
		if err == nil || !strings.Contains(err.Error(), reason) {
			t.Errorf("%s: %v; want %q", body, err, reason)
		}
	}
	for _, good := range []string{
		`{"recipients":[{{json .Number}}],"body":{{json .Text}}}`, `{"recipients":[{{.Number}}],"body":{{json .Text}}}`, `[{{json .To}}, {{json .Text}}]`,
	} {
		if _, err := webhook.New(webhook.Config{URL: "https://gateway.example", Secret: secret, JSON: good}); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
	if _, err := webhook.New(webhook.Config{URL: "https://gateway.example", Secret: secret, Form: map[string]string{"text": "{{.Text}}"}}); err == nil {
		t.Error("a form without a number is accepted")
	}
}

func TestWhatWentWrongIsNotRepeatedAndNamesNobody(t *testing.T) { // attack
	t.Parallel()
	type answer struct {
		status int
		body   string
	}
	for name, a := range map[string]answer{
		"a server error": {500, message.To}, "too many": {429, ""}, "a bad request": {400, text}, "a redirect": {307, ""}, "an odd status": {199 + 400, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			u, n := gateway(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Location", "/elsewhere")
				w.WriteHeader(a.status)
				_, _ = io.WriteString(w, a.body)
			})
			err := sender(t, webhook.Config{URL: u}).Send(t.Context(), message)
			noted := (*provider.SendError)(nil)
			if !errors.As(err, &noted) || !strings.Contains(noted.Note, fmt.Sprint(a.status)) || errors.Is(err, provider.ErrInvalid) {
				t.Errorf("the message ended with %v", err)
			}
			secretless(t, err)
			if n.Load() != 1 {
				t.Errorf("%d requests were made for one message", n.Load())
			}
		})
	}
}

func secretless(t *testing.T, err error) {
	t.Helper()
	for _, s := range []string{message.To[1:], "471102", string(secret)} {
		if said := fmt.Sprintf("%v %+v %#v", err, err, err); strings.Contains(said, s) {
			t.Errorf("an error tells %q: %s", s, said)
		}
	}
}

func TestAReplyThatIsCutOffOrNeverEnds(t *testing.T) {
	t.Parallel()
	u, _ := gateway(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		_, _ = io.WriteString(w, "{")
		panic(http.ErrAbortHandler)
	})
	if err := sender(t, webhook.Config{URL: u}).Send(t.Context(), message); err == nil {
		t.Error("a reply that was cut off counts as sent")
	}
	var read int
	u, _ = gateway(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, 1<<20)) })
	count := func(_ int, b []byte) error { read = len(b); return nil }
	if err := sender(t, webhook.Config{URL: u, Accepted: count}).Send(t.Context(), message); err != nil || read != 64<<10 {
		t.Errorf("%d bytes of a reply were read (%v); the limit is 64 KiB", read, err)
	}
}

func TestAGatewayThatDoesNotAnswerIsGivenUpWithTheContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	u, _ := gateway(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // A server sees that its client is gone only after that.
		cancel()
		<-r.Context().Done()
	})
	if err := sender(t, webhook.Config{URL: u}).Send(ctx, message); err == nil || !strings.Contains(err.Error(), "cancelled") {
		t.Errorf("the message ended with %v", err)
	}
}

func TestAcceptedDecides(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		says  error
		user  error
		fails bool
	}{
		"yes": {}, "the number is bad": {sms.BadNumber, sms.BadNumber, true}, "has opted out": {fmt.Errorf("7: %w", sms.OptedOut), sms.OptedOut, true},
		"something else, with the text": {errors.New(text), nil, true},
	} {
		u, _ := gateway(t, func(http.ResponseWriter, *http.Request) {})
		err := sender(t, webhook.Config{URL: u, Accepted: func(int, []byte) error { return c.says }}).Send(t.Context(), message)
		if (err != nil) != c.fails || c.user != nil && !errors.Is(err, c.user) || c.user == nil && errors.Is(err, provider.ErrInvalid) {
			t.Errorf("%s: the message ended with %v", name, err)
		}
		if err != nil {
			secretless(t, err)
		}
	}
}

func TestNewReportsEveryFault(t *testing.T) {
	t.Parallel()
	_, err := webhook.New(webhook.Config{URL: "http://gateway.example", Secret: []byte("short"), JSON: "{", Form: map[string]string{"a": "b"}})
	for _, fault := range []string{"Config.URL", "Config.Secret", "exclude each other"} {
		if err == nil || !strings.Contains(err.Error(), fault) {
			t.Errorf("the fault of %s is not reported: %v", fault, err)
		}
	}
	if _, err := webhook.New(webhook.Config{URL: "https://gateway.example"}); err == nil || !strings.Contains(err.Error(), "for everybody") {
		t.Errorf("requests that say nothing of who makes them are accepted: %v", err)
	}
	for u, allowed := range map[string]bool{
		"https://gateway.example/send?key=1": true, "http://127.0.0.1:8080/": true, "http://localhost/": true, "http://[::1]/": true,
		"http://gateway.example": false, "http://10.0.0.1": false, "https://user:pass@gateway.example": false, "": false, "gateway": false, "ftp://localhost": false,
	} {
		if _, err := webhook.New(webhook.Config{URL: u, Secret: secret}); (err == nil) != allowed {
			t.Errorf("URL %q: allowed must be %v: %v", u, allowed, err)
		}
	}
}

func TestAConfigurationDoesNotPrint(t *testing.T) {
	t.Parallel()
	c := webhook.Config{URL: "https://gateway.example?key=hush", Secret: secret}
	if said := fmt.Sprintf("%v %+v %#v", c, c, c); strings.Contains(said, "hush") || strings.Contains(said, string(secret)) {
		t.Errorf("it prints: %s", said)
	}
}
