package audit_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cofactor-mfa/cofactor/audit"
	"github.com/cofactor-mfa/cofactor/registry"
)

var (
	key   = []byte("0123456789abcdef0123456789abcdef")
	other = []byte("fedcba9876543210fedcba9876543210")
)

func record(t testing.TB, e registry.Event) audit.Record {
	t.Helper()
	b, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	return audit.Record{Event: e, JSON: b}
}

func webhook(t testing.TB, cfg audit.WebhookConfig) *audit.Webhook {
	t.Helper()
	cfg.Now = func() time.Time { return noon }
	w, err := audit.NewWebhook(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func verifier(t testing.TB, at time.Time, keys ...[]byte) *audit.Verifier {
	t.Helper()
	v, err := audit.NewVerifier(audit.VerifierConfig{Keys: keys, Now: func() time.Time { return at }})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// The signature is that of the Standard Webhooks specification; the expected one was made with openssl.
func TestSignatureIsStandard(t *testing.T) {
	t.Parallel()
	const body = `{"v":1,"id":"evt_1","op":"remove"}`
	h := http.Header{}
	h.Set("Webhook-Id", "evt_1")
	h.Set("Webhook-Timestamp", "1793534400")
	h.Set("Webhook-Signature", "v1,NVrhcUDHyZXkvF2NsKTxQRqxnsh0aatuhJJWgg+Pd7M=")
	got, err := verifier(t, time.Unix(1793534400, 0), key).Verify(h, []byte(body))
	if err != nil || got.ID != "evt_1" || got.Op != "remove" {
		t.Errorf("%+v, %v", got, err)
	}
}

// A request arrives whole, and what is altered, stale or signed by somebody else is refused.
func TestWebhookIsVerified(t *testing.T) {
	t.Parallel()
	type request struct {
		h    http.Header
		body []byte
	}
	got := make(chan request, 1)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		got <- request{r.Header.Clone(), b}
	}))
	defer server.Close()
	want := record(t, registry.Event{Version: 1, ID: "evt_1", At: noon, Op: "remove", Result: "ok", User: "alice"})
	if err := webhook(t, audit.WebhookConfig{URL: server.URL, Keys: [][]byte{other, key}}).Deliver(t.Context(), want); err != nil {
		t.Fatal(err)
	}
	r := <-got
	for _, k := range [][]byte{key, other} { // a receiver that has changed to the new key, and one that has not
		if e, err := verifier(t, noon.Add(5*time.Minute), k).Verify(r.h, r.body); err != nil || e.Event != want.Event {
			t.Errorf("%+v, %v", e, err)
		}
	}
	stranger := []byte("another key of thirty-two bytes!!")
	refused := func(what string, want error, at time.Time, k []byte, change func(*request)) {
		t.Helper()
		altered := request{r.h.Clone(), append([]byte(nil), r.body...)}
		change(&altered)
		if e, err := verifier(t, at, k).Verify(altered.h, altered.body); !errors.Is(err, want) || e.ID != "" {
			t.Errorf("%s: %+v, %v; want %v", what, e, err, want)
		}
	}
	same := func(*request) {}
	refused("another key", audit.ErrSignature, noon, stranger, same)
	refused("too old", audit.ErrStale, noon.Add(5*time.Minute+time.Second), key, same)
	refused("of the future", audit.ErrStale, noon.Add(-5*time.Minute-time.Second), key, same)
	refused("another body", audit.ErrSignature, noon, key, func(r *request) { r.body[len(r.body)-2] ^= 1 })
	refused("a later time", audit.ErrSignature, noon, key, func(r *request) {
		r.h.Set("Webhook-Timestamp", strconv.FormatInt(noon.Unix()+1, 10))
	})
	refused("another id", audit.ErrSignature, noon, key, func(r *request) { r.h.Set("Webhook-Id", "evt_2") })
	refused("no signature", audit.ErrSignature, noon, key, func(r *request) { r.h.Del("Webhook-Signature") })
	refused("an empty signature", audit.ErrSignature, noon, key, func(r *request) { r.h.Set("Webhook-Signature", "v1,") })
	refused("very many signatures", audit.ErrSignature, noon, key, func(r *request) {
		r.h.Set("Webhook-Signature", strings.Repeat("v1,x ", 1000)+r.h.Get("Webhook-Signature"))
	})
}

// A redirect would carry the event to another host, so it is a failure like any other.
func TestWebhookFollowsNoRedirect(t *testing.T) {
	t.Parallel()
	followed := false
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { followed = true }))
	defer elsewhere.Close()
	for _, status := range []int{http.StatusMovedPermanently, http.StatusFound, http.StatusTemporaryRedirect, http.StatusPermanentRedirect, http.StatusNotModified, http.StatusBadRequest, http.StatusInternalServerError} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", elsewhere.URL)
			w.WriteHeader(status)
		}))
		err := webhook(t, audit.WebhookConfig{URL: server.URL, Keys: [][]byte{key}}).Deliver(t.Context(), record(t, registry.Event{ID: "1"}))
		if err == nil || followed || errors.Is(err, audit.ErrRefused) != (status == http.StatusBadRequest) {
			t.Errorf("%d: error %v, followed %v", status, err, followed)
		}
		server.Close()
	}
}

// A receiver that never stops answering is read no further than a limit, and one that does not answer is left in time.
func TestWebhookReadsLittle(t *testing.T) {
	t.Parallel()
	written := make(chan int, 1)
	endless := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		n := 0
		for range 1 << 14 {
			m, err := w.Write(make([]byte, 4096))
			if n += m; err != nil {
				break
			}
		}
		written <- n
	}))
	defer endless.Close()
	if err := webhook(t, audit.WebhookConfig{URL: endless.URL, Keys: [][]byte{key}}).Deliver(t.Context(), record(t, registry.Event{ID: "1"})); err != nil {
		t.Error(err)
	}
	if n := <-written; n >= 64<<20 {
		t.Errorf("all %d bytes of the answer were taken", n)
	}
	stop := make(chan struct{})
	silent := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-stop:
		case <-r.Context().Done():
		}
	}))
	defer silent.Close()
	defer close(stop)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	err := webhook(t, audit.WebhookConfig{URL: silent.URL + "/?token=hunter2", Keys: [][]byte{key}}).Deliver(ctx, record(t, registry.Event{ID: "1"}))
	if !errors.Is(err, context.DeadlineExceeded) || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("%v; want the deadline, and no part of the URL", err)
	}
}

func TestWebhookConfigIsChecked(t *testing.T) {
	t.Parallel()
	for _, cfg := range []audit.WebhookConfig{
		{},
		{URL: "https://siem.example"},
		{Keys: [][]byte{key}},
		{URL: "http://siem.example", Keys: [][]byte{key}},
		{URL: "https://siem.example", Keys: [][]byte{key[:31]}},
		{URL: "https://siem.example", Keys: [][]byte{key, nil}},
		{URL: "https://a:b@siem.example", Keys: [][]byte{key}},
		{URL: "ftp://siem.example", Keys: [][]byte{key}},
		{URL: "http://localhost.example", Keys: [][]byte{key}},
	} {
		if _, err := audit.NewWebhook(cfg); err == nil {
			t.Errorf("%q with %d keys: a webhook was made", cfg.URL, len(cfg.Keys))
		}
	}
	for _, cfg := range []audit.VerifierConfig{{}, {Keys: [][]byte{{}}}, {Keys: [][]byte{key}, Window: 2 * time.Hour}} {
		if _, err := audit.NewVerifier(cfg); err == nil {
			t.Error("a verifier was made")
		}
	}
	w := webhook(t, audit.WebhookConfig{URL: "https://siem.example", Keys: [][]byte{key}})
	for _, s := range []string{fmt.Sprintf("%+v", w), fmt.Sprintf("%#v", *w), fmt.Sprintf("%+v", audit.WebhookConfig{Keys: [][]byte{key}}), fmt.Sprintf("%v", verifier(t, noon, key))} {
		if strings.Contains(s, "48 49 50") || strings.Contains(s, string(key)) || strings.Contains(s, "0x30") {
			t.Errorf("a key is printed: %s", s)
		}
	}
}

// Whatever a stranger sends is refused, without a panic.
func FuzzVerify(f *testing.F) {
	f.Add("id", "1793534400", "v1,x", []byte("{}"))
	f.Add("", "", "", []byte(nil))
	v, err := audit.NewVerifier(audit.VerifierConfig{Keys: [][]byte{key}})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, id, at, signature string, body []byte) {
		h := http.Header{"Webhook-Id": {id}, "Webhook-Timestamp": {at}, "Webhook-Signature": {signature}}
		if _, err := v.Verify(h, body); err == nil {
			t.Error("a request that nobody signed is accepted")
		}
	})
}
