package main

func challenges() []mutant {
	const tests = "./challenge"
	return []mutant{
		{
			breaks: "a record opens under another key of the store", // attack: A-152
			file:   "challenge/issuer.go",
			old:    `seal.Bind("challenge 1", k.Tag, k.Hash)`,
			new:    `seal.Bind("challenge 1")`,
			tests:  tests,
		},
		{
			breaks: "a stored challenge can be carried by a client",
			file:   "challenge/issuer.go",
			old:    `var unstored = seal.Bind("challenge 1", "unstored")`,
			new:    `var unstored = seal.Bind("challenge 1")`,
			tests:  tests,
		},
		{
			breaks: "a carried challenge may name a user",
			file:   "challenge/issuer.go",
			old:    `err != nil || c.User != "" || !now.Before(c.Expires)`,
			new:    `err != nil || !now.Before(c.Expires)`,
			tests:  tests,
		},
		{
			breaks: "a carried challenge never expires",
			file:   "challenge/issuer.go",
			old:    `err != nil || c.User != "" || !now.Before(c.Expires)`,
			new:    `err != nil || c.User != ""`,
			tests:  tests,
		},
		{
			breaks: "a stored challenge lives as long as the store keeps it", // law 6
			file:   "challenge/issuer.go",
			old:    "	if !now.Before(c.Expires) {",
			new:    "	if false {",
			tests:  tests,
		},
		{
			breaks: "an id of any length is decoded", // attack: A-159
			file:   "challenge/issuer.go",
			old:    "len(id) != storedLen || id[0] != '1'",
			new:    "id == \"\" || id[0] != '1'",
			tests:  tests,
		},
		{
			breaks: "the store learns the id",
			file:   "challenge/issuer.go",
			old:    "sum := sha256.Sum256(raw)",
			new:    "sum := raw[tagBytes:]",
			tests:  tests,
		},
		{
			breaks: "a record of an unknown format is read", // attack: A-163
			file:   "challenge/challenge.go",
			old:    "r.Byte() != format",
			new:    "r.Byte() == 0",
			tests:  tests,
		},
		{
			breaks: "a challenge without a purpose is read", // attack
			file:   "challenge/challenge.go",
			old:    "c.Purpose < Login || c.Purpose > StepUp",
			new:    "c.Purpose > StepUp",
			tests:  tests,
		},
		{
			breaks: "a budget never shuts",
			file:   "challenge/budget.go",
			old:    "b.Used >= s.Limit",
			new:    "false",
			tests:  tests,
		},
		{
			breaks: "a lock does not double when it returns",
			file:   "challenge/budget.go",
			old:    "		d *= 2\n",
			new:    "		break\n",
			tests:  tests,
		},
		{
			breaks: "a lock lasts longer than its limit",
			file:   "challenge/budget.go",
			old:    "return min(d, s.Max)",
			new:    "return d",
			tests:  tests,
		},
		{
			breaks: "a take is given back to a count it never was in",
			file:   "challenge/budget.go",
			old:    "t.Gen != b.Gen || b.Used == 0 || reopened",
			new:    "b.Used == 0 || reopened",
			tests:  tests,
		},
		{
			breaks: "a give-back opens a budget that has reopened",
			file:   "challenge/budget.go",
			old:    "b.Used == 0 || reopened {",
			new:    "b.Used == 0 || reopened && false {",
			tests:  tests,
		},
		{
			breaks: "an attempt that shut a budget does not say so, and nobody is told of the lock",
			file:   "challenge/budget.go",
			old:    "if b.Shut <= now || t.Gen != b.Gen || t.Nth != b.Last {",
			new:    "if b.Shut <= now || t.Gen != b.Gen || t.Nth <= b.Last {",
			tests:  tests,
		},
		{
			breaks: "a refill keeps the generation",
			file:   "challenge/budget.go",
			old:    "func (b Budget) Refill() Budget { return Budget{Gen: b.Gen + 1} }",
			new:    "func (b Budget) Refill() Budget { return Budget{Gen: b.Gen} }",
			tests:  tests,
		},
	}
}
