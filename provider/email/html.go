package email

import (
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"slices"
	"strings"
	"unicode"

	"github.com/cofactor-mfa/cofactor/provider/sentcode/message"
)

//go:embed layout.html
var embedded embed.FS

const layoutFile = "layout.html"

// layout puts the lines of a message into HTML. Both parts have one source, so that they say the same and translators write no HTML.
type layout struct{ page *template.Template }

// page is what a layout may name.
type page struct {
	Subject    string
	Language   string
	Direction  string // "ltr" or "rtl"
	Paragraphs [][]htmlLine
}

// htmlLine is a line of the text.
type htmlLine struct {
	Text string
	Is   string // "code", "value" for what is written from left to right in every language, "" for everything else
}

// newLayout reads the layout of a deployment, or else ours.
func newLayout(own fs.FS) (*layout, error) {
	from := fs.FS(embedded)
	if own != nil {
		from = own
	}
	source, err := fs.ReadFile(from, layoutFile)
	if err != nil {
		return nil, fmt.Errorf("email: %w", err)
	}
	t, err := template.New(layoutFile).Parse(string(source))
	if err != nil {
		return nil, fmt.Errorf("email: %w", err)
	}
	l := &layout{page: t}
	for _, sample := range samples {
		html, err := l.render(sample)
		if err != nil {
			return nil, err
		}
		if strings.Count(html, "735194") != 1 {
			return nil, errors.New("email: the layout does not have the code once")
		}
	}
	return l, nil
}

// samples are the messages that a layout is tried with: from left to right, from right to left, and a notice, whose number is none of its address.
var samples = []message.Text{
	{Locale: "en", Body: "Subject\n\nThe code is:\n\n735194\n\nEnter it.", Code: "735194"},
	{Locale: "ar", RTL: true, Body: "Subject\n\nThe code is:\n\n735194\n\nEnter it.", Code: "735194"},
	{Locale: "en", Body: "Subject\n\nFrom:\n\n735194", Address: "735194"},
}

// render never parses what it is given: the template was parsed when the program started, and escapes what it inserts. // attack: A-135
func (l *layout) render(t message.Text) (string, error) {
	subject, body := split(t)
	p := page{Subject: subject, Language: t.Locale, Direction: "ltr"}
	if t.RTL {
		p.Direction = "rtl"
	}
	for paragraph := range strings.SplitSeq(body, "\n\n") {
		var lines []htmlLine
		for text := range strings.SplitSeq(paragraph, "\n") {
			is := ""
			switch {
			case t.Code != "" && text == t.Code:
				is = "code"
			case text != "" && slices.Contains([]string{t.Address, t.Agent, t.Account}, text):
				is = "value"
			}
			lines = append(lines, htmlLine{text, is})
		}
		p.Paragraphs = append(p.Paragraphs, lines)
	}
	var b strings.Builder
	if err := l.page.Execute(&b, p); err != nil {
		return "", errors.New("email: the layout cannot be written")
	}
	return b.String(), nil
}

// check says what an e-mail needs of a message: that nothing cuts its subject off. Where the code is, no words can change.
func check(t message.Text) error {
	if subject, _ := split(t); len(subject) > 200 {
		return errors.New("its subject is longer than 200 bytes")
	}
	return nil
}

func line(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(c rune) bool { return unicode.IsControl(c) || c == '\u2028' || c == '\u2029' })
}
