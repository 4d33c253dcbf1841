package catalogue

import (
	"fmt"
	"strings"
	"time"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/unicode/bidi"
)

// Args is what is put into a text, by the name that the text has for it. "n" is the number that selects a plural form.
//
// A string is somebody's name, a label, an address: it is kept apart from the direction of what surrounds it, if that differs. An int is written as the language
// writes numbers; a Date and a Clock likewise. Words are put in as they are.
type Args map[string]any

type (
	// Words are text in the language itself, or what people copy: nothing is done to them.
	Words string
	// Date is the day of a time, in its time zone.
	Date time.Time
	// Clock is the hour and minute of a time, in its time zone.
	Clock time.Time
)

// Locale is a language, chosen by Match.
type Locale struct{ words, english *words }

// Tag is the language, for the lang attribute: "de".
func (l Locale) Tag() string { return l.words.name }

// Dir is the direction it is written in, for the dir attribute: "ltr" or "rtl".
func (l Locale) Dir() string {
	if l.words.rtl {
		return "rtl"
	}
	return "ltr"
}

// Text is a text in this language, as plain text. An id that does not exist, which is a mistake in the program, is its own text; what a text names and args do not
// have stays as it is named.
func (l Locale) Text(id string, args Args) string {
	t, ok := l.words.texts[id]
	if !ok {
		return id
	}
	if s, plain := t.plain(); plain {
		return s
	}
	var b strings.Builder
	for _, p := range t.form(l.words.selects(args["n"])) {
		if p.arg == "" {
			b.WriteString(p.text)
			continue
		}
		if value, given := args[p.arg]; given {
			b.WriteString(l.write(value))
		} else {
			b.WriteString("{" + p.arg + "}")
		}
	}
	return b.String()
}

// Said is a sentence that a provider has for the user in English (provider.Invalid), in this language. It has one of the ids below "said." or "own.said."; a
// sentence that has none stays English.
func (l Locale) Said(english string) string {
	if id, ok := l.english.said[english]; ok {
		return l.Text(id, nil)
	}
	return english
}

// hear prepares Said, which finds sentences of ours by what they were before a deployment changed them.
func (w *words) hear(original *words) {
	w.said = map[string]string{}
	for id := range w.texts {
		source := w
		switch {
		case strings.HasPrefix(id, "said."):
			source = original
		case !strings.HasPrefix(id, own+"said."):
			continue
		}
		if english, plain := source.texts[id].plain(); plain {
			w.said[english] = id
		}
	}
}

// Where is the file and line that a text comes from, or the first text below an id, for those who find fault with it: "de.yaml:12".
func (l Locale) Where(id string) string {
	at := l.words.texts[id].at
	for below, t := range l.words.texts {
		if strings.HasPrefix(below, id+".") && (at.line == 0 || t.at.line < at.line) {
			at = t.at
		}
	}
	return at.String()
}

// Number writes a number with the language's separators, in Latin digits.
func (l Locale) Number(n int) string { return l.words.number(n) }

// Date writes the day of a time.
func (l Locale) Date(t time.Time) string { return l.words.date(t) }

// Clock writes the hour and minute of a time.
func (l Locale) Clock(t time.Time) string { return l.words.clock(t) }

func (l Locale) write(value any) string {
	switch v := value.(type) {
	case Words:
		return string(v)
	case int:
		return l.Number(v)
	case Date:
		return l.Date(time.Time(v))
	case Clock:
		return l.Clock(time.Time(v))
	}
	return l.Isolate(fmt.Sprint(value))
}

// Isolate keeps the direction of a name or an address apart from that of its surroundings (Unicode UAX #9, FSI and PDI), where the two may differ. Text does it to
// what it inserts. Never for what people copy.
func (l Locale) Isolate(s string) string {
	if s == "" || !l.words.rtl && !strings.ContainsFunc(s, turns) {
		return s
	}
	return "\u2068" + s + "\u2069"
}

// Direction is that of a name or an address by itself, by its first letter: "ltr" or "rtl". A telephone number, which has none, goes from left to right, where browsers
// left alone would turn it around in a page in Arabic.
func Direction(s string) string {
	for _, c := range s {
		switch p, _ := bidi.LookupRune(c); p.Class() {
		case bidi.L:
			return "ltr"
		case bidi.R, bidi.AL:
			return "rtl"
		}
	}
	return "ltr"
}

// turns says whether a character belongs to a script that is written from right to left.
func turns(c rune) bool {
	p, _ := bidi.LookupRune(c)
	return p.Class() == bidi.R || p.Class() == bidi.AL
}

// selects is the plural form for a number.
func (w *words) selects(n any) string {
	i, ok := n.(int)
	if !ok {
		return other
	}
	return name(plural.Cardinal.MatchPlural(w.tag, max(i, -i), 0, 0, 0, 0))
}
