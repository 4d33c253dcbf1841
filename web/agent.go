package web

import (
	"strings"

	"github.com/cofactor-mfa/cofactor/catalogue"
)

// browser names the browser of a User-Agent header and its system, for people to recognise: "Firefox on Windows". Browsers say of themselves what they like, so
// nothing is decided by it.
func (l words) browser(agent string) string {
	name := first(agent, "Edg/", "Edge", "OPR/", "Opera", "Firefox/", "Firefox", "FxiOS/", "Firefox", "Chrome/", "Chrome", "CriOS/", "Chrome", "Safari/", "Safari")
	system := first(agent, "Windows", "Windows", "Android", "Android", "iPhone", "iPhone", "iPad", "iPad", "CrOS", "ChromeOS", "Mac OS X", "Mac", "Linux", "Linux")
	switch {
	case name == "":
		return l.text("browser.some", nil)
	case system == "":
		return name
	}
	return l.text("browser.on", args{"browser": catalogue.Words(name), "system": catalogue.Words(system)})
}

// first is what the first pattern means that is in s; pairs are patterns and meanings.
func first(s string, pairs ...string) string {
	for i := 0; i+1 < len(pairs); i += 2 {
		if strings.Contains(s, pairs[i]) {
			return pairs[i+1]
		}
	}
	return ""
}
