package main

func providers() []mutant {
	const tests = "./provider"
	return []mutant{
		{
			breaks: "a response of any size is parsed",
			file:   "provider/code.go",
			old:    "len(a.Response) > maxResponse",
			new:    "false",
			tests:  tests,
		},
		{
			breaks: "a code of any length is read",
			file:   "provider/code.go",
			old:    "len(typed) > maxCode",
			new:    "false",
			tests:  tests,
		},
		{
			breaks: "an empty code is a code", // attack: A-68
			file:   "provider/code.go",
			old:    "len(digits) == 0",
			new:    "false",
			tests:  tests,
		},
		{
			breaks: "what is no digit is dropped from a code", // attack: A-160
			file:   "provider/code.go",
			old:    "case c == ' ' || c == '-':",
			new:    "case c < '0' || c > '9':",
			tests:  tests,
		},
		{
			breaks: "the name of the member is not looked at", // attack: A-161
			file:   "provider/code.go",
			old:    "err != nil || t != name",
			new:    "err != nil || t == nil",
			tests:  tests,
		},
		{
			breaks: "a second member is ignored", // attack: A-161
			file:   "provider/code.go",
			old:    "	if t, err := dec.Token(); err != nil || t != json.Delim('}') {",
			new:    "	if dec.More() {\n		_, _ = dec.Token()\n		_, _ = dec.Token()\n	}\n	if t, err := dec.Token(); err != nil || t != json.Delim('}') {",
			tests:  tests,
		},
		{
			breaks: "what follows the object is ignored",
			file:   "provider/code.go",
			old:    "err != io.EOF",
			new:    "false && err != io.EOF",
			tests:  tests,
		},
		{
			breaks: "codes may be short", // attack: A-119
			file:   "provider/code.go",
			old:    "digits < 6 || digits > 10",
			new:    "digits < 1 || digits > 10",
			tests:  tests,
		},
		{
			breaks: "leading zeros of a code are lost",
			file:   "provider/code.go",
			old:    `fmt.Sprintf("%0*d", digits, n)`,
			new:    `n.String()`,
			tests:  tests,
		},
		{
			breaks: "a sent code lives as long as it likes",
			file:   "provider/info.go",
			old:    `(i.Channel != "" && i.TTL > 10*time.Minute)`,
			new:    "i.TTL > 24*time.Hour",
			tests:  tests,
		},
		{
			breaks: "a kind without a class is taken",
			file:   "provider/info.go",
			old:    "i.Class < Possession || i.Class > Inherence",
			new:    "i.Class > Inherence",
			tests:  tests,
		},
		{
			breaks: "a trusted browser may be guessable",
			file:   "provider/info.go",
			old:    "i.Role == Transient && !i.Unguessable",
			new:    "false",
			tests:  tests,
		},
	}
}
