package openapi_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/cofactor-mfa/cofactor/cofactortest"
	"github.com/cofactor-mfa/cofactor/policy"
	"github.com/cofactor-mfa/cofactor/provider/sentcode"
	"github.com/cofactor-mfa/cofactor/registry"
)

var anyPolicy = policy.Optional()

const (
	ok       = http.StatusOK
	created  = http.StatusCreated
	missing  = http.StatusNotFound
	conflict = http.StatusConflict
	rejected = http.StatusUnprocessableEntity
	tooMany  = http.StatusTooManyRequests
	unsent   = http.StatusBadGateway
	address  = "alice@example.test"
	number   = "+447700900123"
)

// TestEveryOperationIsDriven goes through every operation, to its success and to each of the problems that its description has.
func TestEveryOperationIsDriven(t *testing.T) {
	t.Parallel()
	d := readDocument(t, newSite(t).description())
	refusals(t, d)
	logins(t, d)
	passkeys(t, d)
	setups(t, d)
	setupsThatCross(t, d)
	stepUps(t, d)
	changes(t, d)
	locks(t, d)
	d.all()
}

// signedIn is a browser whose user has signed in with an app.
func (s *site) signedIn(app *cofactortest.App) *cofactortest.Browser {
	s.t.Helper()
	s.minute()
	b := s.pending()
	ch := read(b.JSON("POST", "/mfa/api/login", object{"kind": "totp"}).Want(created))
	b.JSON("POST", "/mfa/api/login/answer", answerTo(ch.ID, app.Answer())).Want(ok)
	return b
}

func answerTo(challenge string, response any) object {
	return object{"challenge": challenge, "response": response}
}

var wrong = object{"code": "000000"}

// sending are the answers of an operation that sends a message: kind has been begun with body once.
func (d *document) sending(s *site, b *cofactortest.Browser, path string, body object) {
	d.t.Helper()
	d.call(b, "POST", path, body).Want(tooMany)
	s.minute()
	s.minute()
	s.kit.Outbox.Fail(sentcode.ErrTemporary)
	if read(d.call(b, "POST", path, body).Want(unsent)).Challenge == nil && path != "/challenge/resend" {
		d.t.Errorf("%s: the challenge whose message was not sent is live, and the problem does not have it", path)
	}
	s.kit.Outbox.Fail(nil)
	s.kit.Clock.Advance(time.Hour)
}

// refused makes a call that the application does not allow.
func (d *document) refused(s *site, b *cofactortest.Browser, method, path string, body any) {
	d.t.Helper()
	s.refuses = true
	d.call(b, method, path, body).Want(conflict)
	s.refuses = false
}

func logins(t *testing.T, d *document) {
	t.Helper()
	s := newSite(t)
	s.kit.AddApp(alice)
	s.kit.AddEmail(alice, address)
	b := s.pending()
	if a := read(d.call(b, "GET", "/session", nil).Want(ok)); a.State != "pending" || len(a.Choices) != 2 {
		t.Errorf("a picker sees %+v", a)
	}
	d.call(b, "POST", "/login", object{"kind": "nope"}).Want(missing)
	d.call(b, "POST", "/login", object{"factor": "nope"}).Want(missing)
	d.refused(s, b, "POST", "/login", object{"kind": "email"})
	ch := read(d.call(b, "POST", "/login", object{"kind": "email"}).Want(created))
	d.call(b, "POST", "/challenge/resume", object{"challenge": ch.ID}).Want(ok)
	restore := s.without()
	d.call(b, "POST", "/challenge/resume", object{"challenge": ch.ID}).Want(missing)
	d.call(b, "POST", "/challenge/resend", object{"challenge": ch.ID}).Want(missing)
	d.call(b, "POST", "/login/answer", answerTo(ch.ID, wrong)).Want(missing)
	restore()
	d.call(b, "POST", "/challenge/resend", object{"challenge": ch.ID}).Want(tooMany)
	s.minute()
	d.call(b, "POST", "/challenge/resend", object{"challenge": ch.ID}).Want(ok)
	s.minute()
	s.minute()
	s.kit.Outbox.Fail(sentcode.ErrTemporary)
	d.call(b, "POST", "/challenge/resend", object{"challenge": ch.ID}).Want(unsent)
	s.kit.Outbox.Fail(nil)
	d.call(b, "POST", "/login/answer", answerTo(ch.ID, wrong)).Want(rejected)
	d.refused(s, b, "POST", "/login/answer", answerTo(ch.ID, wrong))
	typed := cofactortest.Typed(s.kit.Outbox.LastCode(address))
	d.call(b, "POST", "/login/answer", object{"challenge": ch.ID, "response": typed, "trust": true, "label": "Firefox"}).Want(ok)
	d.call(b, "GET", "/session", nil).Want(ok)
	d.call(b, "DELETE", "/session", nil).Want(ok)

	s.kit.Clock.Advance(time.Hour)
	b.JSON("POST", "/password", nil).Want(ok) // The browser is trusted.
	if a := read(d.call(b, "GET", "/session", nil).Want(ok)); a.State != "signed_in" {
		t.Errorf("a browser that is trusted is %q after the password", a.State)
	}
	b = s.pendingElsewhere()
	d.call(b, "POST", "/login", object{"kind": "email"}).Want(created)
	d.sending(s, b, "/login", object{"kind": "email"})

	s = newSite(t)
	app := s.kit.AddApp(alice)
	b = s.signedIn(app)
	s.kit.AddApp(alice)
	d.call(b, "POST", "/step-up", object{"kind": "totp"}).Want(conflict)
	d.call(s.pending(), "POST", "/login", object{"kind": "totp"}).Want(conflict)
}

// pendingElsewhere is another browser than those before, in a time when messages may be sent again.
func (s *site) pendingElsewhere() *cofactortest.Browser {
	s.kit.Clock.Advance(time.Hour)
	return s.pending()
}

func passkeys(t *testing.T, d *document) {
	t.Helper()
	s := newSite(t)
	phone := s.kit.AddPasskey(alice)
	b := s.browser()
	d.call(b, "POST", "/passkey", object{"kind": "nope"}).Want(missing)
	d.refused(s, b, "POST", "/passkey", object{})
	get := func(change cofactortest.Fault) object {
		t.Helper()
		ch := read(d.call(b, "POST", "/passkey", object{}).Want(created))
		phone.Fault = change
		response, err := phone.Get(ch.Public)
		if err != nil {
			t.Fatal(err)
		}
		return answerTo(ch.ID, json.RawMessage(response))
	}
	d.call(b, "POST", "/passkey/answer", get(cofactortest.WrongOrigin)).Want(rejected)
	right := get(cofactortest.NoFault)
	restore := s.without()
	d.call(b, "POST", "/passkey/answer", right).Want(missing)
	restore()
	if a := read(d.call(b, "POST", "/passkey/answer", right).Want(ok)); a.State != "signed_in" {
		t.Errorf("whoever signs in with a passkey is %q", a.State)
	}
	phone.Remove(phone.Credentials()[0].ID)
}

func setups(t *testing.T, d *document) {
	t.Helper()
	s := newSite(t)
	app := s.kit.AddApp(alice)
	b := s.signedIn(app)
	d.call(b, "POST", "/setup", object{"kind": "nope"}).Want(missing)
	d.call(b, "POST", "/setup", object{"kind": "totp", "replaces": "nope"}).Want(missing)
	d.refused(s, b, "POST", "/setup", object{"kind": "totp"})
	mail := object{"kind": "email", "input": object{"email": address}}
	ch := read(d.call(b, "POST", "/setup", mail).Want(created))
	restore := s.without()
	d.call(b, "POST", "/setup/answer", answerTo(ch.ID, wrong)).Want(missing)
	restore()
	d.call(b, "POST", "/setup/answer", answerTo(ch.ID, wrong)).Want(rejected)
	d.refused(s, b, "POST", "/setup/answer", answerTo(ch.ID, cofactortest.Typed(s.kit.Outbox.LastCode(address))))
	d.call(b, "POST", "/setup/answer", answerTo(ch.ID, cofactortest.Typed(s.kit.Outbox.LastCode(address)))).Want(ok)

	b = s.signedIn(app)
	s.kit.Clock.Advance(2 * time.Minute)
	text := object{"kind": "sms", "input": object{"phone": number}}
	one := read(d.call(b, "POST", "/setup", text).Want(created))
	first := cofactortest.Typed(s.kit.Outbox.LastCode(number))
	s.minute()
	two := read(d.call(b, "POST", "/setup", object{"kind": "sms", "input": object{"phone": "+447700900124"}}).Want(created))
	second := cofactortest.Typed(s.kit.Outbox.LastCode("+447700900124"))
	d.call(b, "POST", "/setup/answer", answerTo(one.ID, first)).Want(ok)
	d.call(b, "POST", "/setup/answer", answerTo(two.ID, second)).Want(conflict)
	d.call(b, "POST", "/setup", text).Want(conflict)

	s = newSite(t)
	app = s.kit.AddApp(alice)
	b = s.signedIn(app)
	d.call(b, "POST", "/setup", mail).Want(created)
	d.sending(s, b, "/setup", mail)
}

// setupsThatCross are begun in two tabs: what one attaches, the other would have needed.
func setupsThatCross(t *testing.T, d *document) {
	t.Helper()
	s := newSite(t)
	app := s.kit.AddApp(alice)
	b := s.signedIn(app)
	phone := cofactortest.NewAuthenticator(cofactortest.Origin)
	tab := func() object {
		t.Helper()
		ch := read(d.call(b, "POST", "/setup", object{"kind": "webauthn"}).Want(created))
		response, err := phone.Create(ch.Public)
		if err != nil {
			t.Fatal(err)
		}
		return answerTo(ch.ID, json.RawMessage(response))
	}
	one := tab()
	there := phone.Credentials()[0].ID
	two := tab()
	d.call(b, "POST", "/setup/answer", one).Want(ok)
	d.call(b, "POST", "/setup/answer", two).Want(http.StatusUnauthorized)
	phone.BeforeSigning = func(c *cofactortest.Ceremony) { // a passkey that there is already
		c.CredentialID, c.RawID = there, there
	}
	phone.Fault = cofactortest.IgnoredExclusion
	d.call(b, "POST", "/setup/answer", tab()).Want(conflict)

	b = s.signedIn(app)
	apps := read(d.call(b, "GET", "/factors", nil).Want(ok)).Factors
	restore := s.without()
	for _, f := range apps {
		if f.Kind == "totp" {
			d.call(b, "POST", "/setup", object{"kind": "totp", "replaces": f.ID}).Want(http.StatusForbidden)
			d.call(b, "DELETE", "/factors/"+f.ID, nil).Want(http.StatusForbidden)
		}
	}
	restore()
}

func stepUps(t *testing.T, d *document) {
	t.Helper()
	s := newSite(t)
	app := s.kit.AddApp(alice)
	s.kit.AddEmail(alice, address)
	s.kit.AddBackupCodes(alice)
	b := s.signedIn(app)
	s.kit.Clock.Advance(time.Hour)
	d.call(b, "POST", "/step-up", object{"kind": "nope"}).Want(missing)
	d.call(b, "POST", "/step-up", object{"factor": "nope"}).Want(missing)
	d.call(b, "POST", "/step-up", object{"kind": "backup"}).Want(http.StatusForbidden)
	d.refused(s, b, "POST", "/step-up", object{"kind": "totp"})
	mail := object{"kind": "email", "action": "Send 5 EUR to ACME"}
	d.call(b, "POST", "/step-up", mail).Want(created)
	d.sending(s, b, "/step-up", mail)

	s.kit.Clock.Advance(time.Hour)
	ch := read(d.call(b, "POST", "/step-up", mail).Want(created))
	restore := s.without()
	d.call(b, "POST", "/step-up/answer", answerTo(ch.ID, wrong)).Want(missing)
	restore()
	d.call(b, "POST", "/step-up/answer", answerTo(ch.ID, wrong)).Want(rejected)
	typed := cofactortest.Typed(s.kit.Outbox.LastCode(address))
	d.refused(s, b, "POST", "/step-up/answer", answerTo(ch.ID, typed))
	d.call(b, "POST", "/step-up/answer", answerTo(ch.ID, typed)).Want(ok)
}

func changes(t *testing.T, d *document) {
	t.Helper()
	s := newSite(t)
	app := s.kit.AddApp(alice)
	s.kit.AddEmail(alice, address)
	b := s.signedIn(app)
	factors := read(d.call(b, "GET", "/factors", nil).Want(ok)).Factors
	first, second := "/factors/"+factors[0].ID, "/factors/"+factors[1].ID
	d.call(b, "PATCH", "/factors/nope", object{"label": "Pixel"}).Want(missing)
	d.refused(s, b, "PATCH", first, object{"label": "Pixel"})
	d.call(b, "PATCH", first, object{"label": "Pixel"}).Want(ok)
	d.call(b, "PATCH", second, object{"label": "Pixel"}).Want(conflict)
	d.call(b, "PATCH", second, object{"default": true}).Want(ok)
	d.refused(s, b, "DELETE", "/browsers", nil)
	d.call(b, "DELETE", "/browsers", nil).Want(ok)
	d.call(b, "DELETE", "/factors/nope", nil).Want(missing)
	d.refused(s, b, "DELETE", second, nil)
	d.call(b, "DELETE", second, nil).Want(ok)
	d.call(b, "GET", "/activity?n=5", nil).Want(ok)
	d.call(b, "GET", "/activity?n=0", raw{}).Want(http.StatusBadRequest)
	d.call(b, "GET", "/openapi.json", nil).Want(ok)
}

// locks are users who have been guessed at, and those who have begun too often.
func locks(t *testing.T, d *document) {
	t.Helper()
	once := registry.Budget{Limit: 1, Window: time.Hour, Max: 24 * time.Hour}
	s := newSite(t, func(c *registry.Config) { c.Budgets = map[string]registry.Budget{"failures": once} })
	app := s.kit.AddApp(alice)
	b := s.signedIn(app)
	setup := read(d.call(b, "POST", "/setup", object{"kind": "totp"}).Want(created))
	stepUp := read(d.call(b, "POST", "/step-up", object{"kind": "totp"}).Want(created))
	elsewhere := s.pending()
	login := read(d.call(elsewhere, "POST", "/login", object{"kind": "totp"}).Want(created))
	d.call(elsewhere, "POST", "/login/answer", answerTo(login.ID, wrong)).Want(rejected)
	d.call(elsewhere, "POST", "/login/answer", answerTo(login.ID, wrong)).Want(tooMany)
	d.call(b, "POST", "/setup/answer", answerTo(setup.ID, wrong)).Want(tooMany)
	d.call(b, "POST", "/step-up/answer", answerTo(stepUp.ID, wrong)).Want(tooMany)

	s = newSite(t, func(c *registry.Config) { c.Budgets = map[string]registry.Budget{"begin": once} })
	app = s.kit.AddApp(alice)
	s.kit.Clock.Advance(2 * time.Hour)
	b = s.signedIn(app)
	d.call(b, "POST", "/setup", object{"kind": "totp"}).Want(created)
	d.call(b, "POST", "/setup", object{"kind": "totp"}).Want(tooMany)
	d.call(b, "POST", "/step-up", object{"kind": "totp"}).Want(tooMany)
	d.call(s.pending(), "POST", "/login", object{"kind": "totp"}).Want(tooMany)
}
