package catalogue

import (
	"slices"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
)

const other = "other"

// pluralForms are the names that Unicode CLDR has for the forms of numbers.
var pluralForms = []string{"zero", "one", "two", "few", "many", other}

func name(f plural.Form) string {
	switch f {
	case plural.Zero:
		return "zero"
	case plural.One:
		return "one"
	case plural.Two:
		return "two"
	case plural.Few:
		return "few"
	case plural.Many:
		return "many"
	}
	return other
}

// formsOf are the forms that whole numbers take in a language. The rules cannot be asked for them, and all look at the last three digits at most, or at whole millions.
func formsOf(tag language.Tag) []string {
	forms := []string{other}
	for i := range 1001 {
		n := i
		if i == 1000 {
			n = 1_000_000
		}
		if f := name(plural.Cardinal.MatchPlural(tag, n, 0, 0, 0, 0)); !slices.Contains(forms, f) {
			forms = append(forms, f)
		}
	}
	slices.SortFunc(forms, func(a, b string) int { return slices.Index(pluralForms, a) - slices.Index(pluralForms, b) })
	return forms
}
