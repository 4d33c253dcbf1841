package main

// website is the demo: what a site has to do itself, whatever library it uses.
func website() []mutant {
	const tests = "./internal/demo"
	return []mutant{
		{
			breaks: "demo: who has given a password alone sees what is for those who are in",
			file:   "internal/demo/routes.go",
			old:    `mux.Handle(pattern, d.api.RequireMFA(d.visited(h)))`,
			new:    `mux.Handle(pattern, d.visited(h))`,
			tests:  tests,
		},
		{
			breaks: "demo: a payment is made by whoever is in",
			file:   "internal/demo/routes.go",
			old:    `d.api.RequireAction(action, d.visited(d.pay))`,
			new:    `d.api.RequireMFA(d.visited(d.pay))`,
			tests:  tests,
		},
		{
			breaks: "demo: what is confirmed is not what is paid",
			file:   "internal/demo/pay.go",
			old:    "	text, _ := order(r.PostForm)\n	return text\n",
			new:    "	return \"Send money\"\n",
			tests:  tests,
		},
		{
			breaks: "demo: the session keeps its id at sign-in",
			file:   "internal/demo/sessions.go",
			old:    "if !begun || proved {",
			new:    "if !begun || proved && begun == false {",
			tests:  tests,
		},
		{
			breaks: "demo: sessions live on",
			file:   "internal/demo/sessions.go",
			old:    "ok && all.now().Before(s.expires)",
			new:    "ok",
			tests:  tests,
		},
		{
			breaks: "demo: other sessions go on after a method was added",
			file:   "internal/demo/sessions.go",
			old:    "if id != currentOf(r).id && other.User.ID == s.User.ID {",
			new:    "if id == \"\" && other.User.ID == s.User.ID {",
			tests:  tests,
		},
		{
			breaks: "demo: anybody helps themselves to recovery codes for others",
			file:   "internal/demo/help.go",
			old:    `if !isAdministrator(v) || !known {`,
			new:    `if !known {`,
			tests:  tests,
		},
		{
			breaks: "demo: codes are shown to whoever passes by",
			file:   "internal/demo/outbox.go",
			old:    "if v.State() == httpapi.Anonymous {",
			new:    "if false {",
			tests:  tests,
		},
		{
			breaks: "demo: forms of other sites are taken",
			file:   "internal/demo/routes.go",
			old:    `secured(sameOrigin.Handler(mux))`,
			new:    `secured(mux)`,
			tests:  tests,
		},
		{
			breaks: "demo: it answers to names that others have pointed at this computer",
			file:   "internal/demo/headers.go",
			old:    `case r.Host == "localhost", strings.HasPrefix(r.Host, "localhost:"):`,
			new:    `case r.Host == "localhost", strings.HasPrefix(r.Host, "localhost"):`,
			tests:  tests,
		},
	}
}
