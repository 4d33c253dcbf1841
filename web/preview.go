package web

import (
	"errors"
	"fmt"
	"html/template"
	"net/http"

	"github.com/cofactor-mfa/cofactor/httpapi"
)

// rehearse draws every page in every state and language, and reports every one that cannot be drawn.
func (p *Pages) rehearse() error {
	var faults []error
	for _, l := range p.lang.each() {
		for _, s := range samples() {
			if _, err := p.sample(l, s); err != nil {
				faults = append(faults, fmt.Errorf("web: %s, %s, in %s: %w", s.page, s.state, l.Tag(), err))
			}
		}
		if len(faults) > 0 { // the other languages have the same templates
			break
		}
	}
	return errors.Join(faults...)
}

func (p *Pages) sample(l words, s sample) ([]byte, error) {
	return p.looks.draw(l, p.dress(l, s.draw(studio{p, l})))
}

// Preview is a website that shows every page in every state and language, with data that nobody has: for whoever writes templates, texts or a theme. Config.API
// is not needed, and nothing on the pages does anything.
func Preview(cfg Config) (http.Handler, error) {
	if cfg.Product == "" {
		cfg.Product = "Acme"
	}
	p, err := dressed(cfg, httpapi.Places{Pages: "/mfa", SignIn: "/sign-in"})
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("GET /mfa/assets/", p.looks.assets)
	mux.HandleFunc("GET /{$}", p.previews)
	mux.HandleFunc("GET /page/{language}/{page}/{state}", p.preview)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/", http.StatusSeeOther) })
	return secured(contentPolicy(nil), mux), nil
}

func (p *Pages) preview(w http.ResponseWriter, r *http.Request) {
	for _, l := range p.lang.each() {
		for _, s := range samples() {
			if l.Tag() != r.PathValue("language") || s.page != r.PathValue("page") || s.state != r.PathValue("state") {
				continue
			}
			b, err := p.sample(l, s)
			if err != nil {
				http.Error(w, err.Error(), http.StatusInternalServerError)
				return
			}
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			w.WriteHeader(s.status)
			_, _ = w.Write(b) // Whoever has gone does not need it.
			return
		}
	}
	http.NotFound(w, r)
}

var contents = template.Must(template.New("contents").Parse(`<!doctype html>
<html lang="en" dir="ltr">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">
<title>Pages</title><link rel="stylesheet" href="{{.Style}}"></head>
<body class="page-settings"><main id="main"><h1>Pages</h1>
{{range .Languages}}<section><h2>{{.}}</h2><ul>
{{$language := .}}{{range $.Samples}}<li><a href="/page/{{$language}}/{{.Page}}/{{.State}}">{{.Page}}: {{.State}}</a></li>
{{end}}</ul></section>{{end}}
</main></body></html>
`))

// previews lists them.
func (p *Pages) previews(w http.ResponseWriter, _ *http.Request) {
	type link struct{ Page, State string }
	list := struct {
		Style     string
		Languages []string
		Samples   []link
	}{Style: p.looks.assets.style.url}
	for _, l := range p.lang.each() {
		list.Languages = append(list.Languages, l.Tag())
	}
	for _, s := range samples() {
		list.Samples = append(list.Samples, link{s.page, s.state})
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_ = contents.Execute(w, list) // Whoever has gone does not need it.
}
