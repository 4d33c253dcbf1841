package web

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/cofactor-mfa/cofactor/httpapi"
)

// purpose is what a ceremony is for.
type purpose string

const (
	asksLogin purpose = "login"
	setUp     purpose = "setup"
	confirm   purpose = "confirm" // a fresh proof, for something that matters
	over      purpose = "over"    // nothing is under way any more: the page says what was done
)

// flight is what one tab has under way. It is kept in a cookie of that tab's own, whose name the address of the page carries.
type flight struct {
	Purpose   purpose `json:"p"`
	Challenge string  `json:"c,omitempty"` // its id; "" while nothing has been begun
	Kind      string  `json:"k,omitempty"`
	Factor    string  `json:"f,omitempty"` // which one is asked for; none in a set-up
	Wants     change  `json:"w,omitzero"`  // what is set up, or is to be done after the confirmation
	Back      string  `json:"b,omitempty"` // where to go when it is done: checked again when it is followed
	Said      string  `json:"s,omitempty"` // the id of a sentence to say once
	Note      note    `json:"n,omitzero"`
	Until     int64   `json:"u"`
}

// note is what the page after the last one has to know.
type note struct {
	Kind   string          `json:"k,omitempty"` // of the method that a sentence is about
	Left   int             `json:"l,omitempty"` // backup codes
	Signal json.RawMessage `json:"g,omitempty"` // for the browser's passkey manager
	Until  int64           `json:"u,omitempty"` // until when methods can be changed on the strength of a recovery
}

const (
	flightFor  = 10 * time.Minute // as long as a login, or an open set-up
	maxFlights = 4                // whoever opens more tabs loses the oldest
	maxCookies = 5 << 10          // bytes of all of them: proxies refuse requests whose headers are longer than 8 KiB
)

// cookieName is where a browser keeps a flight. Over TLS the prefix makes browsers refuse one that was not set over TLS.
func (v *visit) cookieName(handle string) string { return v.cookies() + handle }

func (v *visit) cookies() string {
	if httpapi.Secure(v.r) {
		return "__Secure-mfa-"
	}
	return "mfa-"
}

// depart begins a flight, or replaces the one with the visit's handle, and returns its handle.
func (v *visit) depart(f flight) string {
	handle := v.handle
	if handle == "" {
		handle = rand.Text()[:13] // 65 bits: only the session's own can be opened in any case
	}
	f.Until = v.p.now().Add(flightFor).Unix()
	value := v.sealFlight(handle, f)
	v.makeRoom(handle, len(value))
	v.setCookie(v.cookieName(handle), value, int(flightFor/time.Second))
	return handle
}

// land ends the visit's flight.
func (v *visit) land() {
	if v.handle != "" {
		v.setCookie(v.cookieName(v.handle), "", -1)
		v.handle = ""
	}
}

func (v *visit) setCookie(name, value string, age int) {
	http.SetCookie(v.w, &http.Cookie{ //nolint:gosec // Secure, except on localhost
		Name: name, Value: value, MaxAge: age, Path: v.p.prefix, Secure: httpapi.Secure(v.r), HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

// flight opens the cookie of a handle: nothing, if it is missing, too old, another session's, or somebody's invention.
func (v *visit) flight(handle string) (flight, bool) {
	cookie, err := v.r.Cookie(v.cookieName(handle))
	if err != nil || handle == "" || len(cookie.Value) > 4096 {
		return flight{}, false
	}
	return v.openFlight(handle, cookie.Value)
}

// flights are all that this session has in this browser, by handle.
func (v *visit) flights() map[string]flight {
	list := map[string]flight{}
	for _, cookie := range v.r.Cookies() {
		if handle, ok := strings.CutPrefix(cookie.Name, v.cookies()); ok {
			if f, ok := v.openFlight(handle, cookie.Value); ok {
				list[handle] = f
			}
		}
	}
	return list
}

// makeRoom drops the oldest flights, and what is left of other sessions, until there is room for a cookie of n bytes.
func (v *visit) makeRoom(handle string, n int) {
	type old struct {
		name  string
		size  int
		until int64
	}
	var list []old
	total := n
	for _, cookie := range v.r.Cookies() {
		name, ok := strings.CutPrefix(cookie.Name, v.cookies())
		if !ok || name == handle || name == lastName {
			continue
		}
		f, _ := v.openFlight(name, cookie.Value)
		list = append(list, old{cookie.Name, len(cookie.Value), f.Until})
		total += len(cookie.Value)
	}
	slices.SortFunc(list, func(a, b old) int { return int(a.until - b.until) })
	for len(list) > 0 && (len(list) >= maxFlights || total > maxCookies || list[0].until == 0) {
		v.setCookie(list[0].name, "", -1)
		total -= list[0].size
		list = list[1:]
	}
}

// sealFlight authenticates a flight under the session's own random value, which never leaves the server: a cookie that somebody planted - a neighbour on another
// subdomain - is not opened, and neither is another user's or another session's. // attack
func (v *visit) sealFlight(handle string, f flight) string {
	b, err := json.Marshal(f)
	if err != nil { // Strings and numbers always encode.
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(append(v.mac(handle, b), b...))
}

func (v *visit) openFlight(handle, value string) (f flight, ok bool) {
	b, err := base64.RawURLEncoding.DecodeString(value)
	if err != nil || len(b) < sha256.Size || v.Binding == "" {
		return flight{}, false
	}
	if !hmac.Equal(b[:sha256.Size], v.mac(handle, b[sha256.Size:])) {
		return flight{}, false
	}
	if err := json.Unmarshal(b[sha256.Size:], &f); err != nil || v.p.now().Unix() >= f.Until {
		return flight{}, false
	}
	return f, true
}

func (v *visit) mac(handle string, payload []byte) []byte {
	m := hmac.New(sha256.New, []byte(v.Binding))
	for _, part := range []string{"cofactor web flight 1", v.User.Tenant, v.User.ID, handle} {
		m.Write([]byte(part))
		m.Write([]byte{0})
	}
	m.Write(payload)
	return m.Sum(nil)
}
