package httpapi_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/cofactor-mfa/cofactor/cofactortest"
)

const api = "/mfa/api/"

type object = map[string]any

// signIn signs somebody in who has an app, with a code.
func (s *site) signIn(b *cofactortest.Browser, app *cofactortest.App) {
	s.t.Helper()
	d := read(b.JSON("POST", "/password?begin", nil).Want(200))
	b.JSON("POST", api+"login/answer", object{"challenge": d.Challenge.ID, "response": app.Answer()}).Want(200)
}

func TestAWholeLoginIsTwoRequests(t *testing.T) {
	t.Parallel()
	s := newSite(t, cofactortest.Config{})
	app := s.kit.AddApp(alice)
	b := s.browser()
	if d := read(b.JSON("GET", api+"session", nil).Want(200)); d.State != "anonymous" {
		t.Errorf("nobody is here, and the state is %+v", d)
	}
	first := read(b.JSON("POST", "/password?begin", nil).Want(200))
	if first.State != "pending" || first.User.Name != alice.Name || len(first.Choices) != 1 || first.TrustDays != 30 || first.Challenge.Kind != "totp" {
		t.Errorf("after the password a picker does not know everything: %+v", first)
	}
	now := read(b.JSON("GET", api+"session", nil).Want(200))
	if now.State != "pending" || len(now.Choices) != 1 || now.Challenge != nil {
		t.Errorf("after a reload the state is %+v", now)
	}
	done := read(b.JSON("POST", api+"login/answer", object{"challenge": first.Challenge.ID, "response": app.Answer()}).Want(200))
	if done.State != "signed_in" || done.AAL != 2 || done.Factor != first.Choices[0].Factor {
		t.Errorf("after the code the state is %+v", done)
	}
	b.JSON("GET", "/home", nil).Want(200)
	if now := read(b.JSON("GET", api+"session", nil).Want(200)); now.State != "signed_in" || now.User.Name != alice.Name {
		t.Errorf("whoever is signed in sees %+v", now)
	}
	b.JSON("DELETE", api+"session", nil).Want(200)
	b.JSON("GET", "/home", nil).Want(401)
}

func TestAFactorIsAttachedWithinALogin(t *testing.T) {
	t.Parallel()
	s := newSite(t, requiring(t))
	b := s.browser()
	first := read(b.JSON("POST", "/password?begin", nil).Want(200))
	if first.State != "pending" || len(first.Choices) != 0 || len(first.Enroll) == 0 {
		t.Fatalf("somebody who has nothing sees %+v", first)
	}
	begun := challenge(b.JSON("POST", api+"setup", object{"kind": "totp", "label": "Pixel"}).Want(201))
	app := cofactortest.NewApp(t, begun.uri(t), s.kit.Clock.Now)
	again := challenge(b.JSON("POST", api+"challenge/resume", object{"challenge": begun.ID}).Want(200))
	if again.uri(t) != begun.uri(t) {
		t.Error("after a reload the secret is another one")
	}
	d := read(b.JSON("POST", api+"setup/answer", object{"challenge": begun.ID, "response": app.Answer()}).Want(200))
	if d.State != "signed_in" {
		t.Fatalf("after the set-up that policy asked for: %+v", d)
	}
	b.JSON("GET", "/home", nil).Want(200)
	codes := challenge(b.JSON("POST", api+"setup", object{"kind": "backup"}).Want(201))
	b.JSON("POST", api+"setup/answer", object{"challenge": codes.ID, "response": object{"saved": true}}).Want(200)
	list := string(b.JSON("GET", api+"factors", nil).Want(200).Body)
	if !strings.Contains(list, `"hint":"10 left"`) || !strings.Contains(list, `"label":"Pixel"`) {
		t.Errorf("the list of factors is %s", list)
	}
	if s.ended != 1 {
		t.Errorf("other sessions were ended %d times by one new factor", s.ended)
	}
}

// challengeDoc is a challenge as a client reads it.
type challengeDoc struct {
	ID, Kind, Action string
	Public           json.RawMessage
	AttemptsLeft     int `json:"attempts_left"`
}

func challenge(r cofactortest.Reply) (c challengeDoc) {
	r.Into(&c)
	return c
}

func (c challengeDoc) uri(t *testing.T) string {
	t.Helper()
	var shown struct{ URI string }
	if err := json.Unmarshal(c.Public, &shown); err != nil {
		t.Fatal(err)
	}
	return shown.URI
}
