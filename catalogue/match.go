package catalogue

import (
	"strings"

	"golang.org/x/text/language"
)

// maxPreference is longer than any browser's Accept-Language, and short enough to read.
const maxPreference = 512

// match prepares the choice of a language. The pseudo-locale is for those who ask for it by name: the matcher would give it to people from London.
func (c *Catalogue) match() {
	var tags []language.Tag
	for i, w := range c.languages {
		c.byName[strings.ToLower(w.name)] = w
		if w.name != pseudoTag || i == 0 {
			tags, c.matched = append(tags, w.tag), append(c.matched, w)
		}
	}
	c.matcher = language.NewMatcher(tags)
}

// Match is the language for a person: for the first of their preferences that there is anything for, or else the default. A preference is a language tag or the
// value of an Accept-Language header (RFC 9110 section 12.5.4), so give the user's own setting first and then the header's. What cannot be read is no preference.
func (c *Catalogue) Match(preferences ...string) Locale {
	for _, p := range preferences {
		if w := c.find(p); w != nil {
			return Locale{w, c.english}
		}
	}
	return Locale{c.languages[0], c.english}
}

func (c *Catalogue) find(preference string) *words {
	if len(preference) > maxPreference || preference == "" {
		return nil
	}
	if w := c.byName[strings.ToLower(preference)]; w != nil {
		return w
	}
	tags, _, err := language.ParseAcceptLanguage(preference)
	if err != nil {
		return nil
	}
	var wanted []language.Tag
	for _, tag := range tags { // the most wanted first, and none that are refused
		if w := c.byName[strings.ToLower(tag.String())]; w != nil && len(wanted) == 0 {
			return w
		}
		if tag != language.Und {
			wanted = append(wanted, tag)
		}
	}
	if len(wanted) == 0 {
		return nil
	}
	_, i, confidence := c.matcher.Match(wanted...)
	if confidence == language.No {
		return nil
	}
	return c.matched[i]
}

// rightToLeft says how a language is written, by its script.
func rightToLeft(tag language.Tag) bool {
	script, _ := tag.Script()
	switch script.String() {
	case "Adlm", "Arab", "Hebr", "Nkoo", "Rohg", "Syrc", "Thaa":
		return true
	}
	return false
}
