package main

func catalogues() []mutant {
	const words = "./catalogue"
	return []mutant{
		{
			breaks: "catalogue: people from London get the pseudo-locale",
			file:   "catalogue/match.go",
			old:    "if w.name != pseudoTag || i == 0 {",
			new:    "if w.name != \"\" || i == 0 {",
			tests:  words,
		},
		{
			breaks: "catalogue: a header of any length is parsed",
			file:   "catalogue/match.go",
			old:    "if len(preference) > maxPreference || preference == \"\" {",
			new:    "if preference == \"\" {",
			tests:  words,
		},
		{
			breaks: "catalogue: a text that is missing is found by who reads it",
			file:   "catalogue/check.go",
			old:    "if t, ok := w.texts[id]; !ok {",
			new:    "if t, ok := w.texts[id]; !ok && id == \"\" {",
			tests:  words,
		},
		{
			breaks: "catalogue: a text may leave out what the program puts in",
			file:   "catalogue/check.go",
			old:    "!slices.Equal(got, want)",
			new:    "len(got) > len(want)",
			tests:  words,
		},
		{
			breaks: "catalogue: a text that nobody asks for is no fault",
			file:   "catalogue/check.go",
			old:    "if !ours && (!theirs || !strings.HasPrefix(id, own)) {",
			new:    "if !ours && !theirs {",
			tests:  words,
		},
		{
			breaks: "catalogue: a plural form is missing",
			file:   "catalogue/read.go",
			old:    "if _, ok := t.forms[form]; !ok {",
			new:    "if _, ok := t.forms[form]; !ok && form == other {",
			tests:  words,
		},
		{
			breaks: "catalogue: a text is markup",
			file:   "catalogue/text.go",
			old:    `strings.ContainsAny(s, "<>")`,
			new:    `strings.ContainsAny(s, "\x00")`,
			tests:  words,
		},
		{
			breaks: "catalogue: a name turns the sentence around it",
			file:   "catalogue/locale.go",
			old:    `if s == "" || !l.words.rtl && !strings.ContainsFunc(s, turns) {`,
			new:    `if s == "" || !l.words.rtl {`,
			tests:  words,
		},
		{
			breaks: "catalogue: who has chosen a language is answered in the browser's",
			file:   "httpapi/problem.go",
			old:    `h.cfg.Catalogue.Match(locale, r.Header.Get("Accept-Language"))`,
			new:    `h.cfg.Catalogue.Match(r.Header.Get("Accept-Language"), locale)`,
			tests:  "./httpapi",
		},
	}
}
