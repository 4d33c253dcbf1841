package main

func lifecycles() []mutant {
	const (
		tests   = "./registry"
		browser = "./provider/device"
	)
	return []mutant{
		{
			breaks: "a token from before the last two is only wrong", // attack: A-71
			file:   "provider/device/device.go",
			old:    `return provider.Match{FactorID: f.ID, Note: "a token from before the last two"}, provider.ErrCompromised`,
			new:    `return provider.Match{}, provider.ErrRejected`,
			tests:  browser,
		},
		{
			breaks: "a token that nobody made is a theft, so anybody can log a user out",
			file:   "provider/device/token.go",
			old:    `&subtle.ConstantTimeCompare(t.tag[:], want[:]) == 1`,
			new:    `|subtle.ConstantTimeCompare(t.tag[:], want[:]) == 1`,
			tests:  browser,
		},
		{
			breaks: "an old token goes on working after the newer one was seen",
			file:   "provider/device/device.go",
			old:    `Data: have.accept(t.secret).encode(), Once`,
			new:    `Once`,
			tests:  browser,
		},
		{
			breaks: "a browser is trusted without a yes",
			file:   "provider/device/device.go",
			old:    `if !ans.Says("trust") {`,
			new:    `if false && !ans.Says("trust") {`,
			tests:  browser,
		},
		{
			breaks: "what ends by itself does not end",
			file:   "registry/account.go",
			old:    `return !f.Expires.IsZero() && !r.now().Before(f.Expires)`,
			new:    `return false`,
			tests:  tests,
			run:    "Trusted|Browser|RowKnows|EndByItself|Tabs",
		},
		{
			breaks: "a factor that counts may end by itself", // attack: A-54
			file:   "registry/guard.go",
			old:    `e.GoodFor > 0 && k.Role == provider.Ordinary`,
			new:    `false`,
			tests:  tests,
			run:    "Trusted|Browser|RowKnows|EndByItself|Tabs",
		},
		{
			breaks: "without its provider a trusted browser counts as a factor",
			file:   "registry/account.go",
			old:    `f.Role > 0 && noted <= provider.Transient`,
			new:    `false && f.Role > 0 && noted <= provider.Transient`,
			tests:  tests,
			run:    "Trusted|Browser|RowKnows|EndByItself|Tabs",
		},
		{
			breaks: "forgetting one browser forgets them all",
			file:   "registry/factors.go",
			old:    `if r.role(f) != provider.Transient { // whose`,
			new:    `if true { // whose`,
			tests:  tests,
			run:    "Trusted|Browser|RowKnows|EndByItself|Tabs",
		},
		{
			breaks: "a wrong password spends the user's budget", // attack: A-48
			file:   "registry/together.go",
			old:    `known := t.PrimaryOK && t.User.ID != ""`,
			new:    `known := t.User.ID != ""`,
			tests:  tests,
			run:    "Together",
		},
		{
			breaks: "a form of password and code tells who is locked", // attack: A-147
			file:   "registry/together.go",
			old:    ` && e.Code != ErrLocked) {`,
			new:    `) {`,
			tests:  tests,
			run:    "Together",
		},
		{
			breaks: "wrong codes beside a right password are not counted", // attack: A-27
			file:   "registry/together.go",
			old:    `terms := challenge.Record{Attempts: 1, OnTry: []challenge.Spend{r.spend(budgetFailures, "")}}`,
			new:    `terms := challenge.Record{Attempts: 1}`,
			tests:  tests,
			run:    "Together",
		},
		{
			breaks: "a code that nothing ends is accepted again and again",
			file:   "registry/prove.go",
			old:    `if a.unprompted && m.Data == nil {`,
			new:    `if false {`,
			tests:  tests,
			run:    "Together",
		},
		{
			breaks: "a refusal is given as soon as it is known", // attack: A-146
			file:   "registry/together.go",
			old:    `case <-floor.C:`,
			new:    `case <-floor.C:` + "\n\t\tdefault:",
			tests:  tests,
			run:    "Together",
		},
		{
			breaks: "for a user who does not exist nothing is checked", // attack: A-143
			file:   "registry/decoy.go",
			old:    `_, err = r.loginVerify(ctx, r.kinds[t.Kind], req, provider.Answer{Response: t.Response})`,
			new:    `_ = req`,
			tests:  tests,
			run:    "Together",
		},
		{
			breaks: "an administrator issues a recovery code for themselves",
			file:   "registry/recover.go",
			old:    `case d.By.User.Tenant == d.Tenant && d.By.User.ID == d.User:`,
			new:    `case false:`,
			tests:  tests,
			run:    "Code|Issu|Administrator|Proof",
		},
		{
			breaks: "one proof issues any number of recovery codes",
			file:   "registry/recover.go",
			old:    `ch.Once = []factor.Once{once("proof", p.id, p.at.Add(maxAge))}`,
			new:    `_ = p`,
			tests:  tests,
			run:    "Code|Issu|Administrator|Proof",
		},
		{
			breaks: "an issued code stands in for nothing", // attack: A-81
			file:   "registry/recover.go",
			old:    `case len(r.ordinary(snap.Factors)) == 0: // attack: A-81`,
			new:    `case false:`,
			tests:  tests,
			run:    "Code|Issu|Administrator|Proof",
		},
		{
			breaks: "an issued code does not end the one before",
			file:   "registry/recover.go",
			old:    `if f.Kind == k.Kind || r.dead(snap.Account, f) {`,
			new:    `if r.dead(snap.Account, f) {`,
			tests:  tests,
			run:    "Code|Issu|Administrator|Proof",
		},
		{
			breaks: "an issued code stays when it was used",
			file:   "registry/prove.go",
			old:    `c.Put, c.Delete = nil, []factor.Factor{used}`,
			new:    `_ = used`,
			tests:  tests,
			run:    "Code|Issu|Administrator|Proof",
		},
		{
			breaks: "a list of accounts needs no reason",
			file:   "registry/search.go",
			old:    `s.Reason == "" || !validID(s.Reason)`,
			new:    `!validID(s.Reason)`,
			tests:  tests,
			run:    "Listing",
		},
	}
}
