package demo

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/cofactor-mfa/cofactor/provider/device"
	"github.com/cofactor-mfa/cofactor/registry"
)

// This file is browsers that are not asked again for a while. The token of one is a cookie of its own, which stays when its user signs out: it says which browser
// this is, and not who is signed in.

// trustCookie is where a browser keeps the token for one person.
func trustCookie(user string) string { return cookieName + "_" + user }

// trust has the browser of somebody who has just signed in not asked again. If it fails they are in all the same, and are asked the next time.
func (d *Demo) trust(w http.ResponseWriter, r *http.Request, s *session) {
	ch, err := d.reg.BeginSetup(r.Context(), registry.Enrol{Who: s.who(), Proof: s.proof, Kind: device.Kind, Label: s.client.Agent})
	if err != nil {
		return
	}
	login, err := d.reg.FinishSetup(r.Context(), registry.Finish{Who: s.who(), Challenge: ch.ID, Response: json.RawMessage(`{"trust":true}`)})
	if err != nil {
		return
	}
	s.proof, s.browser = login.Proof, login.Factor
	giveToken(w, s.user.ID, login.Once)
}

// token is what this browser has for somebody.
func token(r *http.Request, user string) string {
	cookie, err := r.Cookie(trustCookie(user))
	if err != nil {
		return ""
	}
	return cookie.Value
}

// giveToken replaces it, if there is a new one: each works once.
func giveToken(w http.ResponseWriter, user string, once any) {
	if trusted, ok := once.(device.Trusted); ok {
		http.SetCookie(w, &http.Cookie{ //nolint:gosec // not Secure, because the demo is served on localhost and without TLS
			Name: trustCookie(user), Value: trusted.Token, MaxAge: trusted.MaxAge, Path: "/sign-in", HttpOnly: true, SameSite: http.SameSiteLaxMode,
		})
	}
}

// clientOf is where a request came from, for people to recognise. Browsers say of themselves what they like, so nothing is decided by it.
func clientOf(r *http.Request) registry.Client {
	agent := r.UserAgent()
	named := func(list ...string) string { // pairs of what to look for and what it means; the first that is there
		for i := 0; i < len(list); i += 2 {
			if strings.Contains(agent, list[i]) {
				return list[i+1]
			}
		}
		return ""
	}
	browser := named("Edg/", "Edge", "OPR/", "Opera", "Firefox/", "Firefox", "Chrome/", "Chrome", "Safari/", "Safari")
	system := named("Windows", "Windows", "Android", "Android", "iPhone", "iPhone", "iPad", "iPad", "Mac OS X", "Mac", "Linux", "Linux")
	switch {
	case browser != "" && system != "":
		browser += " on " + system
	case browser == "":
		browser = "A browser"
	}
	return registry.Client{Agent: browser}
}
