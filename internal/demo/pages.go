package demo

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"time"

	"github.com/cofactor-mfa/cofactor/httpapi"
)

//go:embed pages
var files embed.FS

// page is what every page is made from.
type page struct {
	Title  string
	Error  string // what is wrong; the title then says so too
	Person string // who is signed in, or on the way there
	In     bool   // is signed in
	Helps  bool   // and looks after the others
	Script bool   // has something for the script to do
	Body   any    // the page's own
}

// parsePages reads the templates, by name.
func parsePages() (map[string]*template.Template, error) {
	pages := map[string]*template.Template{}
	funcs := template.FuncMap{
		"at":    func(t time.Time) string { return t.Local().Format("2 January 2006, 15:04") },
		"clock": func(t time.Time) string { return t.Local().Format("15:04:05") },
		"iso":   func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
	}
	for _, name := range []string{"sign-in", "home", "statement", "pay", "outbox", "help", "hand-over", "stuck", "problem"} {
		t, err := template.New(name).Funcs(funcs).ParseFS(files, "pages/layout.html", "pages/"+name+".html")
		if err != nil {
			return nil, fmt.Errorf("reading the pages: %w", err)
		}
		pages[name] = t
	}
	return pages, nil
}

// show writes a page, or none of it.
func (d *Demo) show(w http.ResponseWriter, v *httpapi.Visit, status int, name string, p page) {
	if v != nil {
		p.Person, p.In = v.User.Name, v.State() == httpapi.SignedIn
		p.Helps = p.In && isAdministrator(v)
	}
	var b bytes.Buffer
	if err := d.pages[name].ExecuteTemplate(&b, "layout", p); err != nil {
		d.terminal.say(fmt.Sprintf("page %s cannot be shown: %v", name, err))
		http.Error(w, "Something went wrong on our side. Try again.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes()) // Whoever has gone does not need it.
}

// file serves one of the files that pages load.
func file(name, contentType string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		b, err := files.ReadFile("pages/" + name)
		if err != nil { // It was there when the program was built.
			http.Error(w, "Something went wrong on our side. Try again.", http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", contentType)
		_, _ = w.Write(b) // Whoever has gone does not need it.
	})
}
