package httpapi

import (
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/provider/device"
	"github.com/cofactor-mfa/cofactor/provider/webauthn"
	"github.com/cofactor-mfa/cofactor/registry"
)

// First is what the application says when somebody's first factor was right.
type First struct {
	User      provider.User
	Primary   []string       // what it was, as RFC 8176 values: "pwd"; at least one
	PrimaryAt time.Time      // when; zero is now
	About     registry.About // what policy may decide by
	Begin     bool           // for programs: begin the default factor at once, so that one answer has the choices and the challenge
}

// Start begins a login: the application's own handler calls it when the first factor was right. Whatever the session was before, it is now pending, or signed in
// if Login is Satisfied, with a binding of its own; a trusted browser is asked for nothing. Where a browser goes next says After, and Answer tells a program. // attack
//
// With First.Begin a Login may come together with ErrSendFailed: its Challenge is live.
func (h *Handler) Start(w http.ResponseWriter, r *http.Request, f First) (registry.Login, error) {
	s, err := h.session(r)
	if err != nil {
		return registry.Login{}, err
	}
	v, err := h.visit(w, r, s, f.User.Tenant)
	if err != nil {
		return registry.Login{}, err
	}
	who := registry.Who{User: f.User, Binding: newBinding(), Client: v.Client}
	login, failed := v.Registry.StartLogin(r.Context(), registry.Start{
		Who: who, About: f.About, Primary: f.Primary, PrimaryAt: f.PrimaryAt, Device: browserToken(r, f.User), Begin: f.Begin,
	})
	if failed != nil && login.Pending == "" {
		return registry.Login{}, failed
	}
	next := Session{Who: who, SignedIn: login.Satisfied, Pending: login.Pending, Proof: login.Proof}
	if login.Satisfied && login.Proof == "" {
		next.Browser = login.Factor
	}
	if err := v.keep(next); err != nil {
		return registry.Login{}, err
	}
	giveToken(w, r, f.User, &login)
	return login, failed
}

// After is where a browser goes after a step of a login: to where it was going, if it is signed in, and otherwise to the page that asks for what is left.
func (h *Handler) After(r *http.Request, l registry.Login) string {
	back := h.Back(r)
	if l.Satisfied {
		return back
	}
	return with(h.cfg.Pages+"/", back)
}

// SignOut ends the session. The browser stays trusted, if it is: that says which one it is, and not who is signed in.
func (h *Handler) SignOut(w http.ResponseWriter, r *http.Request) error {
	v, err := h.Visit(w, r)
	if err != nil {
		return err
	}
	return v.SignOut()
}

// SignOut ends the session.
func (v *Visit) SignOut() error { return v.keep(Session{}) }

// Look says what is left of the login that is pending. It changes nothing.
func (v *Visit) Look() (registry.Login, error) {
	if v.Pending == "" || v.State() == Anonymous {
		return registry.Login{}, fault(registry.ErrLoginRequired)
	}
	return v.Registry.Look(v.ctx(), registry.Peek{Who: v.Who, Pending: v.Pending})
}

// BeginLogin begins to ask for a factor of the pending login; kind may be left out, or factor, if the user has one factor of the kind. With
// ErrSendFailed the Challenge is returned as well.
func (v *Visit) BeginLogin(factor, kind string) (registry.Challenge, error) {
	if v.Pending == "" || v.State() == Anonymous {
		return registry.Challenge{}, fault(registry.ErrLoginRequired)
	}
	return v.Registry.BeginLogin(v.ctx(), registry.Begin{Who: v.Who, Pending: v.Pending, Kind: kind, Factor: factor})
}

// Answer is what a client answers to a challenge.
type Answer struct {
	Challenge string          // its id
	Response  json.RawMessage // for the provider: any bytes at all
	Trust     bool            // of a login: do not ask again on this browser for a while, if that is allowed; nothing fails if it is not
	Label     string          // and the browser's name in lists; "" for one made up
}

// FinishLogin checks the answer to a challenge of the pending login, and signs the user in if nothing is left.
func (v *Visit) FinishLogin(a Answer) (registry.Login, error) {
	if v.Pending == "" || v.State() == Anonymous { // a second tab comes late, and is charged nothing
		return registry.Login{}, fault(registry.ErrLoginRequired)
	}
	login, err := v.Registry.FinishLogin(v.ctx(), registry.Finish{Who: v.Who, Pending: v.Pending, Challenge: a.Challenge, Response: a.Response})
	if err != nil {
		return registry.Login{}, err
	}
	return v.proved(v.Session, login, a)
}

// BeginPasskey begins a login of whoever the answer will name, by a kind that can: "webauthn", unless kind says otherwise. A session that has no binding yet
// gets one, and nothing else is written anywhere. // attack: A-48
func (v *Visit) BeginPasskey(kind string) (registry.Challenge, error) {
	if kind == "" {
		kind = webauthn.Kind
	}
	guest := v.Binding == ""
	if guest {
		v.Binding = newBinding()
	}
	ch, err := v.Registry.BeginLogin(v.ctx(), registry.Begin{Who: v.nobody(), Kind: kind})
	if err == nil && guest {
		err = v.keep(Session{Who: v.nobody()})
	}
	if err != nil {
		return registry.Challenge{}, err
	}
	return ch, nil
}

// FinishPasskey signs in whoever the passkey is of. Nothing of the session goes on but its binding, which the proof is bound to.
func (v *Visit) FinishPasskey(a Answer) (registry.Login, error) {
	if v.Binding == "" {
		return registry.Login{}, fault(registry.ErrChallengeGone)
	}
	v.uncounted = true
	login, err := v.Registry.FinishLogin(v.ctx(), registry.Finish{Who: v.nobody(), Challenge: a.Challenge, Response: a.Response})
	if err != nil {
		return registry.Login{}, err
	}
	if v.SignedIn && !login.Satisfied { // Its binding goes on, and what was begun on its proof would end well in a login that is not over.
		if err = v.SignOut(); err == nil {
			err = fault(registry.ErrLoginRequired)
		}
		return registry.Login{}, err
	}
	next := Session{Who: v.nobody()}
	next.User.ID = login.User.ID
	if v.User.ID == login.User.ID {
		next.User = v.User
	}
	return v.proved(next, login, a)
}

// proved keeps what a step of a login has come to. Nothing of an earlier sign-in is left. // attack
func (v *Visit) proved(s Session, login registry.Login, a Answer) (registry.Login, error) {
	next := Session{Who: s.Who, SignedIn: login.Satisfied, Pending: login.Pending, Proof: login.Proof}
	var trusted registry.Login
	if a.Trust && login.Satisfied && login.Trust > 0 {
		trusted = v.trust(next, a.Label)
		if trusted.Satisfied {
			next.Proof, next.Browser = trusted.Proof, trusted.Factor
		}
	}
	if err := v.keep(next); err != nil {
		return registry.Login{}, err
	}
	giveToken(v.w, v.r, next.User, &trusted)
	giveToken(v.w, v.r, next.User, &login)
	return login, nil
}

// trust has a browser not asked again for a while. The zero Login says that it is asked the next time, whatever the reason: the sign-in stands.
func (v *Visit) trust(s Session, label string) registry.Login {
	ch, err := v.Registry.BeginSetup(v.ctx(), registry.Enrol{Who: s.Who, Proof: s.Proof, Kind: device.Kind, Label: label})
	if err != nil {
		return registry.Login{}
	}
	login, err := v.Registry.FinishSetup(v.ctx(), registry.Finish{Who: s.Who, Challenge: ch.ID, Response: json.RawMessage(`{"trust":true}`)})
	if err != nil {
		return registry.Login{}
	}
	return login
}

// Resume shows the prompt of a live challenge again. It sends nothing and changes nothing.
func (v *Visit) Resume(challenge string) (registry.Challenge, error) {
	if v.State() == Anonymous {
		return registry.Challenge{}, fault(registry.ErrLoginRequired)
	}
	return v.Registry.Resume(v.ctx(), registry.Again{Who: v.Who, Challenge: challenge})
}

// Resend sends the message of a live challenge again.
func (v *Visit) Resend(challenge string) (registry.Challenge, error) {
	if v.State() == Anonymous {
		return registry.Challenge{}, fault(registry.ErrLoginRequired)
	}
	return v.Registry.Resend(v.ctx(), registry.Again{Who: v.Who, Challenge: challenge})
}

// errorIs is errors.Is for a few codes.
func errorIs(err error, codes ...registry.Code) bool {
	for _, c := range codes {
		if errors.Is(err, c) {
			return true
		}
	}
	return false
}
