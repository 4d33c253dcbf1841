package web

import "time"

// lastName is the name of the cookie that says which method was used last in this browser, behind the prefix.
const lastName = "last"

const lastFor = 365 * 24 * time.Hour

// remember has the page open on the same method the next time. It is the id of a factor, which is no secret, and good for nothing but the order of a list.
func (v *visit) remember(f flight) {
	if f.Factor != "" && !recovery(f.Kind) {
		v.setCookie(v.cookieName(lastName), f.Factor, int(lastFor/time.Second))
	}
}

func (v *visit) lastUsed() string {
	cookie, err := v.r.Cookie(v.cookieName(lastName))
	if err != nil {
		return ""
	}
	return cookie.Value
}
