package main

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"net/http"

	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/registry"
)

// session is what a browser carries from replica to replica, sealed into its cookie, so that none of them keeps anything. The price is that a copy of the cookie stays good: signing out of all
// sessions is registry.InvalidateUser.
type session struct {
	User    string
	Random  string // the binding: made at the sign-in, and gone with the cookie
	Pending string // of a login that is not over
	Proof   string // of one that is
}

const cookieName = "session"

var cookieAD = []byte("replica session v1")

func (s session) who() registry.Who {
	return registry.Who{User: provider.User{ID: s.User, Name: s.User}, Binding: s.Random}
}

func newSession(user string) session { return session{User: user, Random: rand.Text()} }

// take notes where a login has got to.
func (s session) take(l registry.Login) session {
	s.Pending = l.Pending
	if l.Proof != "" {
		s.Proof = l.Proof
	}
	return s
}

// load returns the session of a request. A cookie that does not open is none.
func (r *replica) load(req *http.Request) (session, bool) {
	var s session
	c, err := req.Cookie(cookieName)
	if err != nil {
		return s, false
	}
	sealed, err := base64.RawURLEncoding.DecodeString(c.Value)
	if err != nil {
		return s, false
	}
	plain, err := r.keys.Decrypt(sealed, cookieAD)
	if err != nil || json.Unmarshal(plain, &s) != nil {
		return session{}, false
	}
	return s, s.User != ""
}

// save hands the session to the browser. A site with TLS calls the cookie __Host-session and makes it Secure.
func (r *replica) save(w http.ResponseWriter, s session) error {
	plain, err := json.Marshal(s)
	if err != nil {
		return err
	}
	sealed, err := r.keys.Encrypt(plain, cookieAD)
	if err != nil {
		return err
	}
	value := base64.RawURLEncoding.EncodeToString(sealed)
	http.SetCookie(w, &http.Cookie{Name: cookieName, Value: value, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode}) //nolint:gosec // it runs without TLS on one machine
	return nil
}
