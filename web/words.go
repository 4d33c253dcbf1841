package web

import (
	"html"
	"html/template"
	"math"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/cofactor-mfa/cofactor/catalogue"
)

type args = catalogue.Args

// words are the texts of the pages in one language.
type words struct {
	catalogue.Locale
	zone *time.Location
}

// text is a text of the pages, by its id below "page.". An id that begins with "own." is a deployment's, and whole.
func (l words) text(id string, a args) string { return l.Text(page(id), a) }

func page(id string) string {
	if strings.HasPrefix(id, "own.") {
		return id
	}
	return "page." + id
}

// html is the same for a page, where an argument may be markup that we made. What is not template.HTML is escaped, whatever is in it.
func (l words) html(id string, a args) template.HTML {
	var marks []string
	plain := args{}
	for name, value := range a {
		markup, ok := value.(template.HTML)
		switch v := value.(type) {
		case string:
			markup, ok = template.HTML(`<bdi dir="`+catalogue.Direction(v)+`">`+html.EscapeString(v)+"</bdi>"), true //nolint:gosec // escaped here
		case catalogue.Clock:
			markup, ok = l.clock(time.Time(v)), true
		case catalogue.Date:
			markup, ok = l.date(time.Time(v)), true
		}
		if !ok {
			plain[name] = value
			continue
		}
		mark := string(rune(0xF0000 + len(marks))) // of a plane that no text uses
		marks = append(marks, mark, string(markup))
		plain[name] = catalogue.Words(mark)
	}
	text := html.EscapeString(l.text(id, plain))
	return template.HTML(strings.NewReplacer(marks...).Replace(text)) //nolint:gosec // the text is escaped, and what replaces the marks is markup of ours
}

// clock is a time of day, rounded up to the minute, so that whoever comes at that minute does not come too early. A script puts it into the reader's time zone.
func (l words) clock(t time.Time) template.HTML {
	t = t.Add(time.Minute - time.Nanosecond).Truncate(time.Minute)
	return l.time("clock", t, l.Clock(t.In(l.zone))+" "+t.In(l.zone).Format("MST"))
}

func (l words) date(t time.Time) template.HTML { return l.time("date", t, l.Date(t.In(l.zone))) }

// moment is a day with its time.
func (l words) moment(t time.Time) template.HTML {
	in := t.In(l.zone)
	return l.time("both", t, l.text("time.moment", args{"date": catalogue.Words(l.Date(in)), "clock": catalogue.Words(l.Clock(in) + " " + in.Format("MST"))}))
}

func (l words) time(shown string, t time.Time, text string) template.HTML {
	return template.HTML(`<time datetime="` + t.UTC().Format(time.RFC3339) + `" data-time="` + shown + `">` + html.EscapeString(text) + `</time>`) //nolint:gosec // escaped
}

// list is several names in a sentence.
func (l words) list(names []template.HTML) template.HTML {
	var b strings.Builder
	for i, name := range names {
		if i > 0 {
			b.WriteString(html.EscapeString(l.text("list.separator", nil)))
			b.WriteString(" ")
		}
		b.WriteString(string(name))
	}
	return template.HTML(b.String()) //nolint:gosec // put together from markup of ours
}

// seconds is a time to wait, rounded up.
func seconds(d time.Duration) int { return max(0, int(math.Ceil(d.Seconds()))) }

// languages chooses the words for a request.
type languages struct {
	all  *catalogue.Catalogue
	zone *time.Location
}

// of is the user's own language, if the application knows it, and otherwise the browser's.
func (l *languages) of(r *http.Request, locale string) words {
	return words{l.all.Match(locale, r.Header.Get("Accept-Language")), l.zone}
}

// each are all languages.
func (l *languages) each() []words {
	var list []words
	for _, locale := range l.all.Locales() {
		list = append(list, words{locale, l.zone})
	}
	return list
}

var tag = regexp.MustCompile(`<[^>]*>`)

// bare is the text of a piece of markup of ours, for a script to show.
func bare(markup template.HTML) string {
	return html.UnescapeString(tag.ReplaceAllString(string(markup), ""))
}
