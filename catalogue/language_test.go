package catalogue_test

import (
	"encoding/json"
	"io/fs"
	"strings"
	"testing"
	"time"

	"github.com/cofactor-mfa/cofactor/catalogue"
	"github.com/cofactor-mfa/cofactor/cofactortest"
	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/provider/email"
	"github.com/cofactor-mfa/cofactor/provider/sentcode"
	"github.com/cofactor-mfa/cofactor/provider/sms"
	"github.com/cofactor-mfa/cofactor/registry"
)

// Adding a language is adding one file.
func TestOneFileIsALanguage(t *testing.T) {
	t.Parallel()
	c := newCatalogue(t, catalogue.Config{Files: []fs.FS{folder("fr.yaml", whole(t, "en", "fr ", nil))}})
	fr := c.Match("fr-CA")
	for _, m := range registry.Meanings() {
		if got := fr.Text("error."+string(m.Code)+".title", nil); got != "fr "+m.Title {
			t.Errorf("the API's %s is %q", m.Code, got)
		}
	}
	var outbox cofactortest.Outbox
	mail, err := email.New(email.Config{Sender: outbox.Email(), App: "Acme", From: "no-reply@acme.example", Catalogue: c})
	if err != nil {
		t.Fatal(err)
	}
	texts, err := sms.New(sms.Config{Sender: outbox.SMS(), App: "Acme", Host: "acme.example", Numbers: sms.Numbers{Countries: []string{"+44"}}, Catalogue: c})
	if err != nil {
		t.Fatal(err)
	}
	for to, p := range map[string]*sentcode.Provider{`{"email":"alice@example.com"}`: mail, `{"phone":"+44 7911 123456"}`: texts} {
		req := provider.SetupRequest{User: provider.User{Locale: "fr"}, Input: json.RawMessage(to), Now: time.Date(2030, time.March, 3, 14, 22, 0, 0, time.UTC)}
		prompt, err := p.SetupHook(t.Context(), req)
		if err != nil {
			t.Fatal(err)
		}
		if err := prompt.Deliver.Send(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	sent := outbox.Messages()
	if len(sent) != 2 {
		t.Fatalf("%d messages were sent", len(sent))
	}
	for _, m := range sent {
		if !strings.HasPrefix(m.Text, "fr ") || m.Subject != "" && !strings.HasPrefix(m.Subject, "fr ") {
			t.Errorf("to %s goes %q, %q", m.To, m.Subject, m.Text)
		}
	}
}
