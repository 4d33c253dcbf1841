package webhook_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/cofactor-mfa/cofactor/provider/sms"
	"github.com/cofactor-mfa/cofactor/provider/sms/webhook"
)

// A gateway of one's own, and the sender that reaches it. They share a secret.
func Example() {
	shared := []byte("32 bytes from your secret store!")
	gateway := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 4<<10))
		if err != nil || webhook.Verify(time.Now(), r.Header.Get(webhook.Header), body, shared) != nil {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		fmt.Println(string(body))
	}))
	defer gateway.Close()

	sender, err := webhook.New(webhook.Config{URL: gateway.URL, Secret: shared})
	if err != nil {
		fmt.Println(err)
		return
	}
	err = sender.Send(context.Background(), sms.Message{To: "+447911123456", Text: "471102 is your Acme code.", Sent: time.Now()})
	fmt.Println(err)
	// Output:
	// {"to":"+447911123456","text":"471102 is your Acme code."}
	// <nil>
}
