package message

import (
	"strings"

	"golang.org/x/text/language"
)

// match prepares the choice of languages. Pseudo-locales, those of the regions XA and XB, are for who asks for them by name: the matcher would give
// them to people from London.
func (c *Catalog) match() {
	var tags []language.Tag
	for i, l := range c.locales {
		if region, _ := l.tag.Region(); region.String() != "XA" && region.String() != "XB" || i == 0 {
			tags, c.matched = append(tags, l.tag), append(c.matched, i)
		}
	}
	c.matcher = language.NewMatcher(tags)
}

// locale is the language for people of a locale: theirs, or the nearest that is no other language, or the default.
func (c *Catalog) locale(asked string) locale {
	for _, l := range c.locales {
		if strings.EqualFold(l.name, asked) {
			return l
		}
	}
	tag, err := language.Parse(asked)
	if err != nil {
		return c.locales[0]
	}
	_, i, confidence := c.matcher.Match(tag)
	if confidence == language.No {
		return c.locales[0]
	}
	return c.locales[c.matched[i]]
}
