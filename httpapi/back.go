package httpapi

import (
	"net/http"
	"net/url"
	"strings"
)

// This file is where browsers may be sent: to a path of this origin, and to the origins of the configuration, and nowhere else. A page that sends its visitors
// wherever a link says is a page that lends its name to thieves (CWE-601).

// Param is the parameter of a URL or a form that says where a browser was going.
const Param = "return"

const maxTarget = 2048

// Target returns where a browser may be sent if target says so, in the spelling to send it to: a path of this origin with its query, or a URL of one of
// Config.Origins. It says false to anything else, and to whatever browsers and parsers read in different ways: two slashes, a backslash, a tab.
func (h *Handler) Target(target string) (string, bool) {
	if path, ok := localPath(target); ok {
		return path, true
	}
	if len(target) > maxTarget || !plain(target) {
		return "", false
	}
	u, err := url.Parse(target)
	if err != nil || u.User != nil || u.Opaque != "" || !h.origins[u.Scheme+"://"+u.Host] {
		return "", false
	}
	if u.Path == "" {
		u.Path = "/"
	}
	if _, ok := localPath(u.RequestURI()); !ok {
		return "", false
	}
	return u.String(), true
}

// Back is where the browser was going: what the parameter "return" of the URL or the form says, if it may be sent there, and otherwise Host.Next.
func (h *Handler) Back(r *http.Request) string {
	if r.Form == nil {
		_ = r.ParseForm() // a form that cannot be read says nothing
	}
	if target, ok := h.Target(r.Form.Get(Param)); ok {
		return target
	}
	return h.next(r)
}

// next is where the application sends whoever was not on their way to anywhere.
func (h *Handler) next(r *http.Request) string {
	next, err := guarded(h, r, "Host.Next", func() (string, error) { return h.cfg.Host.Next(r), nil })
	if target, ok := h.Target(next); ok && err == nil {
		return target
	}
	return "/"
}

// here is the way back to the page that this request asks for. A request that changes something is not made again: its way back is the page that it came from.
func (h *Handler) here(r *http.Request) string {
	if safe(r.Method) {
		if target, ok := localPath(r.URL.RequestURI()); ok {
			return target
		}
		return h.next(r)
	}
	from, err := url.Parse(r.Referer())
	if err != nil || from.Host != r.Host || from.User != nil || (from.Scheme != "http" && from.Scheme != "https") {
		return h.next(r)
	}
	if target, ok := localPath(from.RequestURI()); ok {
		return target
	}
	return h.next(r)
}

// with is a page's URL with the way back from it.
func with(page, back string) string { return page + "?" + Param + "=" + url.QueryEscape(back) }

// safe says that a method changes nothing (RFC 9110 section 9.2.1).
func safe(method string) bool {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace:
		return true
	}
	return false
}

// localPath accepts a path of the same origin, with or without query and fragment.
func localPath(target string) (string, bool) {
	if len(target) > maxTarget || !strings.HasPrefix(target, "/") || strings.HasPrefix(target, "//") || !plain(target) {
		return "", false
	}
	u, err := url.Parse(target)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || u.Opaque != "" || strings.HasPrefix(u.Path, "//") || strings.ContainsRune(u.Path, '\\') {
		return "", false // also once it is decoded, for somebody will decode it
	}
	for part := range strings.SplitSeq(u.Path, "/") { // "/..//elsewhere" is a path that becomes "//elsewhere" once it is cleaned
		if part == "." || part == ".." {
			return "", false
		}
	}
	return u.String(), true
}

// plain says that a URL has nothing in it that browsers drop or turn into something else: they remove tabs and line ends, and read a backslash as a slash.
func plain(target string) bool {
	for _, c := range []byte(target) {
		if c <= ' ' || c >= 0x7f || c == '\\' {
			return false
		}
	}
	return true
}

// isOrigin accepts an origin in the spelling that browsers send.
func isOrigin(s string) bool {
	u, err := url.Parse(s)
	return err == nil && plain(s) && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && s == u.Scheme+"://"+u.Host &&
		s == strings.ToLower(s) && u.User == nil && !strings.HasSuffix(u.Host, ":")
}
