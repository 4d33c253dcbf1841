package catalogue

import (
	"strings"

	"golang.org/x/text/language"
)

// accents are letters that look like English ones and are not. All of them are in the GSM alphabet, so that a text message stays one segment.
var accents = strings.NewReplacer(
	"a", "à", "e", "é", "i", "ì", "o", "ö", "u", "ù", "n", "ñ", "A", "Å", "E", "É", "N", "Ñ", "O", "Ö", "U", "Ü",
)

// pseudo makes the pseudo-locale. Layouts and months stay, because what reads them back is no person.
func pseudo(english *words) *words {
	w := newWords(language.MustParse(pseudoTag))
	w.months = english.months
	for id, t := range english.texts {
		if !strings.HasPrefix(id, "format.") {
			t = text{at: t.at, plurals: t.plurals, forms: pseudoForms(id, t.forms)}
		}
		w.texts[id] = t
	}
	return w
}

func pseudoForms(id string, forms map[string][]part) map[string][]part {
	foreign := map[string][]part{}
	for name, parts := range forms {
		foreign[name] = pseudoParts(id, parts)
	}
	return foreign
}

// pseudoParts puts brackets around a text, so that one that is cut off or put together from pieces can be seen, and about a third of its length behind it, so that one that
// does not fit can. Text messages are not made longer: what they must fit is checked, and is no page.
func pseudoParts(id string, parts []part) []part {
	foreign := []part{{text: "["}}
	length := 0
	for _, p := range parts {
		length += len(p.text) + len(p.arg)
		foreign = append(foreign, part{text: accents.Replace(p.text), arg: p.arg})
	}
	end := "]"
	if !strings.HasPrefix(id, "sms.") {
		end = strings.Repeat(" ~~~", 1+length*35/100/len(" ~~~")) + end // which breaks where a line ends
	}
	return append(foreign, part{text: end})
}
