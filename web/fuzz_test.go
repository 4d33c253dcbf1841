package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// FuzzAnyRequestIsAnsweredWithAPage throws anything at every route, before and after the sign-in. Nothing gets anybody further, and nothing panics.
func FuzzAnyRequestIsAnsweredWithAPage(f *testing.F) {
	for _, seed := range []string{"/challenge", "/setup/begin", "/change", "/input", "/confirm/begin", "/passkey", "/recovered"} {
		f.Add(seed, "c=A&code=123456&factor=x&kind=sms&input=%2B44&return=%2F&op=remove&saved=yes&response=%7B%7D", "AAAA")
	}
	w := newWorld(f, optional)
	w.kit.AddApp(alice)
	f.Fuzz(func(t *testing.T, path, form, cookie string) {
		w.t = t
		values, err := url.ParseQuery(form)
		if err != nil || strings.ContainsFunc(cookie, func(c rune) bool { return c <= ' ' || c > '~' || c == ';' }) {
			return // no browser sends this
		}
		u := url.URL{Path: "/mfa/" + strings.TrimPrefix(path, "/"), RawQuery: values.Encode()}
		tab := w.tab()
		tab.b.Post("/sign-in", nil)
		tab.b.Header.Set("Cookie", "__Secure-mfa-A="+cookie)
		for _, reply := range []int{tab.b.Get(u.RequestURI()).Status, tab.b.Post(u.EscapedPath(), values).Status} {
			if reply >= http.StatusInternalServerError {
				t.Errorf("%s: %d", u.String(), reply)
			}
		}
		for _, e := range w.kit.Events.Of("finish_login") {
			if e.Result == "ok" {
				t.Errorf("%s %s has signed somebody in", path, form)
			}
		}
	})
}
