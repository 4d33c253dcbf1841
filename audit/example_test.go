package audit_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"time"

	"github.com/cofactor-mfa/cofactor/audit"
	"github.com/cofactor-mfa/cofactor/factor"
)

// A relay takes what changes have left in the outbox to a webhook, and a receiver checks it.
func Example() {
	keys := [][]byte{[]byte("a secret of at least thirty-two bytes")}
	verifier, err := audit.NewVerifier(audit.VerifierConfig{Keys: keys})
	if err != nil {
		panic(err)
	}
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 64<<10))
		if err != nil {
			return
		}
		event, err := verifier.Verify(r.Header, body)
		if err != nil {
			http.Error(w, "not signed", http.StatusUnauthorized)
			return
		}
		fmt.Println(event.Op, event.User, event.ID)
	}))
	defer receiver.Close()

	store := factor.NewMemory() // in a program, the registry writes into it
	a := factor.Account{UserID: "alice", Handle: []byte("handle"), Epoch: 1}
	body := []byte(`{"v":1,"id":"q83vEjRWeJA","at":"2026-11-01T12:00:00Z","op":"remove","result":"ok","user":"alice"}`)
	change := factor.Change{UserID: "alice", Account: &a, At: time.Now(), Events: []factor.Event{{Queue: "siem", Body: body}}}
	if err := store.Apply(context.Background(), change); err != nil {
		panic(err)
	}

	hook, err := audit.NewWebhook(audit.WebhookConfig{URL: receiver.URL, Keys: keys})
	if err != nil {
		panic(err)
	}
	relay, err := audit.New(audit.Config{Outbox: store, Queue: "siem", Sink: hook})
	if err != nil {
		panic(err)
	}
	n, err := relay.Drain(context.Background()) // a program calls Run
	fmt.Println(n, err)
	// Output:
	// remove alice q83vEjRWeJA
	// 1 <nil>
}

// Everything that happens, in the program's own log.
func ExampleLog() {
	withoutTime := func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey || a.Key == "at" {
			return slog.Attr{}
		}
		return a
	}
	logger := slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{ReplaceAttr: withoutTime}))
	log, err := audit.NewLog(logger)
	if err != nil {
		panic(err)
	}
	// cfg.Observe = log.Observe
	_ = log.Deliver(context.Background(), audit.Record{})
	// Output:
	// level=INFO msg=cofactor id="" op="" result=""
}
