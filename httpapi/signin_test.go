package httpapi_test

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/cofactor-mfa/cofactor/cofactortest"
	"github.com/cofactor-mfa/cofactor/httpapi"
	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/provider/sentcode"
)

// signInPage is the shortest password page there is. Everybody's password is right.
func signInPage(s *site) http.Handler {
	return s.sessions.load(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.api.SignIn(w, r, httpapi.First{User: provider.User{ID: r.FormValue("user")}, Primary: []string{"pwd"}, Begin: true})
	}))
}

func TestSignInSendsBrowsersOnAndTellsPrograms(t *testing.T) {
	t.Parallel()
	s := newSite(t, cofactortest.Config{})
	s.kit.AddEmail(alice, "alice@example.test")
	form := url.Values{"user": {alice.ID}, "return": {"/fresh?x=1"}}

	page := cofactortest.NewBrowser(t, cofactortest.Origin, signInPage(s)).Post("/", form).Want(http.StatusSeeOther)
	if page.Location() != "/mfa/?return=%2Ffresh%3Fx%3D1" {
		t.Errorf("a browser is sent to %s", page.Location())
	}
	s.kit.Clock.Advance(time.Hour) // until the next message may go
	d := read(cofactortest.NewBrowser(t, cofactortest.Origin, signInPage(s)).JSON("POST", "/?user="+alice.ID, nil).Want(http.StatusOK))
	if d.State != "pending" || d.Challenge == nil {
		t.Errorf("a program is told %+v", d)
	}
}

func TestSignInBeginsForProgramsAlone(t *testing.T) {
	t.Parallel()
	s := newSite(t, cofactortest.Config{})
	s.kit.AddEmail(alice, "alice@example.test")
	s.kit.Clock.Advance(time.Hour) // until the next message may go
	sent := len(s.kit.Outbox.Messages())
	b := cofactortest.NewBrowser(t, cofactortest.Origin, signInPage(s))
	if at := b.Post("/", url.Values{"user": {alice.ID}}).Want(http.StatusSeeOther).Location(); at != "/mfa/?return=%2Fhome" {
		t.Errorf("a browser is sent to %s", at)
	}
	if n := len(s.kit.Outbox.Messages()) - sent; n != 0 {
		t.Errorf("%d messages were sent that the page cannot take the code of", n)
	}
	s.kit.Outbox.Fail(sentcode.ErrTemporary)
	d := read(b.JSON("POST", "/?user="+alice.ID, nil).Want(http.StatusBadGateway))
	if d.Code != "send_failed" || d.Challenge == nil {
		t.Errorf("a message that does not go out is told as %+v", d)
	}
}

func TestSignInRefusesWhatItCannotDo(t *testing.T) {
	t.Parallel()
	s := newSite(t, cofactortest.Config{})
	b := cofactortest.NewBrowser(t, cofactortest.Origin, signInPage(s))
	b.Post("/", url.Values{"user": {""}}).Want(http.StatusBadRequest)
	b.Header.Set("Sec-Fetch-Site", "cross-site")
	b.Post("/", url.Values{"user": {alice.ID}}).Want(http.StatusForbidden)
	if n := len(s.kit.Events.Of("start_login")); n != 1 {
		t.Errorf("%d logins were started, want the one that was refused", n)
	}
}
