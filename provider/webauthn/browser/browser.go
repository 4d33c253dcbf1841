// Package browser is the half of passkeys that runs in the browser: one ES module without dependencies, for any page.
//
//	mux.Handle("GET /passkeys.js", browser.Handler())
//
//	<script type="module">
//	  import { create } from '/passkeys.js';
//	  // create(challenge.public) resolves to what is posted as the challenge's response
//	</script>
//
// The file passkeys.d.ts beside it says what each function promises. The module shows nothing and says nothing to the user: it rejects with ids of
// sentences, and the page has the sentences.
package browser

import (
	"crypto/sha512"
	_ "embed" // for the two files
	"encoding/base64"
	"net/http"
	"strings"
	"time"
)

//go:embed passkeys.js
var module string

//go:embed passkeys.d.ts
var types string

// Module is the text of passkeys.js.
func Module() string { return module }

// Types is the text of passkeys.d.ts, its TypeScript declarations.
func Types() string { return types }

// Integrity is the hash of the module as the integrity attribute of a page has it: "sha384-...".
func Integrity() string {
	hash := sha512.Sum384([]byte(module))
	return "sha384-" + base64.StdEncoding.EncodeToString(hash[:])
}

// Handler serves the module. Browsers ask each time whether it has changed: an old module on a new server is worse than a request.
func Handler() http.Handler {
	tag := `"` + Integrity() + `"`
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Type", "text/javascript; charset=utf-8")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cache-Control", "no-cache")
		h.Set("ETag", tag)
		http.ServeContent(w, r, "passkeys.js", time.Time{}, strings.NewReader(module))
	})
}
