package main

// pages breaks what keeps the pages safe, and what keeps people from being stuck on them.
func pages() []mutant {
	const tests = "./web"
	return []mutant{
		{
			breaks: "a cookie that somebody else made is taken for the session's own", // attack
			file:   "web/flight.go",
			old:    "	if !hmac.Equal(b[:sha256.Size], v.mac(handle, b[sha256.Size:])) {",
			new:    "	if false {",
			tests:  tests,
			run:    "UnderWay",
		},
		{
			breaks: "the cookie of one session is good in another",
			file:   "web/flight.go",
			old:    "hmac.New(sha256.New, []byte(v.Binding))",
			new:    `hmac.New(sha256.New, []byte("pages"))`,
			tests:  tests,
			run:    "UnderWay",
		},
		{
			breaks: "whoever has a first factor sees the settings", // attack: A-52
			file:   "web/routes.go",
			old:    "	case state == httpapi.Pending && a == signedIn:",
			new:    "	case false:",
			tests:  tests,
			run:    "BeforeTheFirstFactor",
		},
		{
			breaks: "forms of other sites are taken",
			file:   "web/routes.go",
			old:    "	return protection.Handler(next)",
			new:    "	return next",
			tests:  tests,
			run:    "OtherSites",
		},
		{
			breaks: "people are sent wherever a link says",
			file:   "web/visit.go",
			old:    "	target, _ := v.p.api.Target(said)\n	return target",
			new:    "	return said",
			tests:  tests,
			run:    "AnotherSite",
		},
		{
			breaks: "digits of other scripts are not read",
			file:   "web/typed.go",
			old:    "			return '0' + digit(c)",
			new:    "			return c",
			tests:  tests,
			run:    "AsPeople",
		},
		{
			breaks: "a code that cannot be right costs a try",
			file:   "web/ask.go",
			old:    `	if slip != "" {`,
			new:    "	if false {",
			tests:  tests,
			run:    "CannotBeRight",
		},
		{
			breaks: "after the last try the page goes on with a challenge that is over",
			file:   "web/ask.go",
			old:    `		if ended(err) && v.handle != "" {`,
			new:    "		if false {",
			tests:  tests,
			run:    "LastTries",
		},
		{
			breaks: "another method takes the place of the one before, and back leads nowhere",
			file:   "web/ask.go",
			old:    `		f.Factor, v.handle = named, ""`,
			new:    `		f.Factor = named`,
			tests:  tests,
			run:    "BackLeads",
		},
		{
			breaks: "a set-up begins anew with every press of its button",
			file:   "web/setup.go",
			old:    "	case v.goesOn(c):",
			new:    "	case false:",
			tests:  tests,
			run:    "SameSetup",
		},
		{
			breaks: "backup codes count as saved without anybody saying so",
			file:   "web/setup.go",
			old:    `		if v.posted("saved") != "yes" {`,
			new:    "		if false {",
			tests:  tests,
			run:    "FromTheSettings",
		},
		{
			breaks: "a page may be kept by whoever sits between",
			file:   "web/headers.go",
			old:    `		h.Set("Cache-Control", "no-store")`,
			new:    "",
			tests:  tests,
			run:    "KeepsTheRules",
		},
		{
			breaks: "a colour may end its rule",
			file:   "web/theme.go",
			old:    "		if !shape.MatchString(value) ||",
			new:    "		if",
			tests:  tests,
			run:    "Theme",
		},
		{
			breaks: "a template fails before its visitors and not at the start",
			file:   "web/preview.go",
			old:    "			if _, err := p.sample(l, s); err != nil {",
			new:    "			if _, err := p.sample(l, s); err != nil && false {",
			tests:  tests,
			run:    "CannotBeDrawn",
		},
		{
			breaks: "cookies pile up until a proxy refuses them",
			file:   "web/flight.go",
			old:    "	for len(list) > 0 && (len(list) >= maxFlights",
			new:    "	for false && (len(list) >= maxFlights",
			tests:  tests,
			run:    "FewAndSmall",
		},
	}
}
