package web

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// Theme changes the looks: each field is one CSS custom property, and an empty one stays as it is. docs/reference/css-variables.md shows what each is for. A dark
// value is for those whose system is set to dark. Contrast is the deployment's to keep: text needs 4.5 to 1 against what is behind it (WCAG 2.2, 1.4.3).
type Theme struct {
	Accent, AccentDark     string // buttons, links, the focus ring
	OnAccent, OnAccentDark string // text on them
	Ink, InkDark           string // text
	Soft, SoftDark         string // text of less weight
	Page, PageDark         string // behind everything
	Card, CardDark         string // behind the text
	Line, LineDark         string // borders
	Radius                 string // of corners: "12px", "0.5rem"
	Font                   string // a list of families: "Inter, system-ui, sans-serif"
	Width                  string // of the card: "26rem"
}

// What a value may be. Nothing else gets into the style sheet, so a value cannot end a rule, load anything or hide anything.
var (
	colour  = regexp.MustCompile(`^(#[0-9a-fA-F]{3,8}|[a-z]{3,20}|(rgb|hsl|oklch|oklab|lab|lch)\([0-9a-z.,%/ +-]{1,60}\))$`)
	measure = regexp.MustCompile(`^(0|[0-9]{1,3}(\.[0-9]{1,3})?(px|rem|em|ch))$`)
	font    = regexp.MustCompile(`^[A-Za-z0-9 ,'"-]{1,200}$`)
)

// css is the theme as rules that go behind the style sheet.
func (t Theme) css() (string, error) {
	var faults []error
	var light, dark strings.Builder
	add := func(b *strings.Builder, field, name, value string, shape *regexp.Regexp) {
		if value == "" {
			return
		}
		if !shape.MatchString(value) || strings.Count(value, `"`)%2 != 0 || strings.Count(value, `'`)%2 != 0 {
			faults = append(faults, fmt.Errorf("web: Theme.%s %.40q is not what it has to be; see docs/reference/css-variables.md", field, value))
			return
		}
		fmt.Fprintf(b, "--%s:%s;", name, value)
	}
	for _, p := range []struct{ field, name, light, dark string }{
		{"Accent", "accent", t.Accent, t.AccentDark},
		{"OnAccent", "on-accent", t.OnAccent, t.OnAccentDark},
		{"Ink", "ink", t.Ink, t.InkDark},
		{"Soft", "soft", t.Soft, t.SoftDark},
		{"Page", "page", t.Page, t.PageDark},
		{"Card", "card", t.Card, t.CardDark},
		{"Line", "line", t.Line, t.LineDark},
	} {
		add(&light, p.field, p.name, p.light, colour)
		add(&dark, p.field+"Dark", p.name, p.dark, colour)
	}
	add(&light, "Radius", "radius", t.Radius, measure)
	add(&light, "Width", "width", t.Width, measure)
	add(&light, "Font", "font", t.Font, font)
	var b strings.Builder
	if light.Len() > 0 {
		fmt.Fprintf(&b, ":root{%s}\n", light.String())
	}
	if dark.Len() > 0 {
		fmt.Fprintf(&b, "@media (prefers-color-scheme:dark){:root{%s}}\n", dark.String())
	}
	return b.String(), errors.Join(faults...)
}
