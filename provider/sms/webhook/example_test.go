package webhook_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/cofactor-mfa/cofactor/provider/sentcode"
	"github.com/cofactor-mfa/cofactor/provider/sms"
	"github.com/cofactor-mfa/cofactor/provider/sms/webhook"
)

// A gateway of one's own, and the sender that reaches it. They share a secret.
func Example() {
	shared := []byte("32 bytes from your secret store!")
	gateway := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 4<<10))
		if err != nil || webhook.Verify(time.Now(), r.Header, body, shared) != nil {
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

// Vonage's SMS API takes a form, and answers 200 whatever happened: what did is in the body.
func ExampleNew_vonage() {
	vonage := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Println(r.FormValue("to"), r.FormValue("from"), r.FormValue("type"))
		_, _ = io.WriteString(w, `{"message-count":"1","messages":[{"status":"7","error-text":"Number barred"}]}`)
	}))
	defer vonage.Close()

	auth, err := http.NewRequest(http.MethodPost, "/", nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	auth.SetBasicAuth("your API key", "your API secret")
	sender, err := webhook.New(webhook.Config{
		URL:    vonage.URL, // https://rest.nexmo.com/sms/json
		Header: auth.Header,
		Form:   map[string]string{"from": "Acme", "to": "{{.Number}}", "text": "{{.Text}}", "type": "{{if .Unicode}}unicode{{else}}text{{end}}"},
		Accepted: func(status int, body []byte) error {
			var reply struct{ Messages []struct{ Status string } }
			if status != http.StatusOK || json.Unmarshal(body, &reply) != nil || len(reply.Messages) != 1 {
				return sentcode.ErrTemporary
			}
			switch reply.Messages[0].Status {
			case "0":
				return nil
			case "1", "5": // throttled, internal error
				return sentcode.ErrTemporary
			case "6", "7": // no such number, barred
				return sms.BadNumber
			}
			return sentcode.ErrPermanent
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	err = sender.Send(context.Background(), sms.Message{To: "+447911123456", Text: "471102 رمز دخول Acme"})
	fmt.Println(errors.Is(err, sms.BadNumber))
	// Output:
	// 447911123456 Acme unicode
	// true
}

// MessageBird (Bird) takes JSON, and answers 201 if it has accepted a message.
func ExampleNew_messageBird() {
	bird := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		fmt.Println(r.Header.Get("Authorization"), string(body))
		w.WriteHeader(http.StatusCreated)
	}))
	defer bird.Close()

	sender, err := webhook.New(webhook.Config{
		URL:    bird.URL, // https://rest.messagebird.com/messages
		Header: http.Header{"Authorization": {"AccessKey yours"}},
		JSON:   `{"originator":"Acme","datacoding":"auto","recipients":[{{json .Number}}],"body":{{json .Text}}}`,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(sender.Send(context.Background(), sms.Message{To: "+447911123456", Text: "471102 is your Acme code."}))
	// Output:
	// AccessKey yours {"originator":"Acme","datacoding":"auto","recipients":["447911123456"],"body":"471102 is your Acme code."}
	// <nil>
}
