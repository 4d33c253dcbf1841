package web

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"net/http"
	"path"
	"strings"
	"time"

	"github.com/cofactor-mfa/cofactor/provider/webauthn/browser"
)

//go:embed static/style.css static/script.js static/icon.svg
var static embed.FS

// asset is a file that pages load. Its address has the hash of what is in it, so browsers may keep it for ever.
type asset struct{ url, kind, body string }

// assets are the style sheet with the theme, our script, and the module for passkeys.
type assets struct{ style, script, passkeys, icon asset }

func newAssets(prefix, theme string) (assets, error) {
	style, err := static.ReadFile("static/style.css")
	if err != nil { // It was there when the program was built.
		return assets{}, fmt.Errorf("web: %w", err)
	}
	script, err := static.ReadFile("static/script.js")
	if err != nil {
		return assets{}, fmt.Errorf("web: %w", err)
	}
	picture, err := static.ReadFile("static/icon.svg")
	if err != nil {
		return assets{}, fmt.Errorf("web: %w", err)
	}
	return assets{
		icon:     newAsset(prefix, "icon", "svg", "image/svg+xml", string(picture)),
		style:    newAsset(prefix, "style", "css", "text/css", string(style)+theme),
		script:   newAsset(prefix, "script", "js", "text/javascript", string(script)),
		passkeys: newAsset(prefix, "passkeys", "js", "text/javascript", browser.Module()),
	}, nil
}

func newAsset(prefix, name, extension, kind, body string) asset {
	sum := sha256.Sum256([]byte(body))
	return asset{fmt.Sprintf("%s/assets/%s.%s.%s", prefix, name, hex.EncodeToString(sum[:8]), extension), kind + "; charset=utf-8", body}
}

// ServeHTTP serves a file by its name. One of another version is not there: a page of this version does not ask for it.
func (a assets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	for _, file := range []asset{a.style, a.script, a.passkeys, a.icon} {
		if path.Base(r.URL.Path) == path.Base(file.url) {
			h := w.Header()
			h.Set("Content-Type", file.kind)
			h.Set("Cache-Control", "public, max-age=31536000, immutable")
			h.Set("X-Content-Type-Options", "nosniff")
			http.ServeContent(w, r, "", time.Time{}, strings.NewReader(file.body))
			return
		}
	}
	http.NotFound(w, r)
}
