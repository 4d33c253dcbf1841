package main

// website is the demo: what a site has to do itself, whatever library it uses.
func website() []mutant {
	const tests = "./internal/demo"
	return []mutant{
		{
			breaks: "who has given a password alone sees what is for those who are in",
			file:   "internal/demo/routes.go",
			old:    `rt.access == signedIn && (s == nil || !s.signedIn)`,
			new:    `rt.access == signedIn && s == nil`,
			tests:  tests,
		},
		{
			breaks: "who has given nothing sees what is for those who know the password",
			file:   "internal/demo/routes.go",
			old:    `rt.access == known && (s == nil || s.user.ID == "")`,
			new:    `rt.access == known && s == nil`,
			tests:  tests,
		},
		{
			breaks: "the session keeps its id at sign-in",
			file:   "internal/demo/setup.go",
			old:    "	d.sessions.rotate(s)\n	setCookie(w, s.id)\n",
			new:    "	setCookie(w, s.id)\n",
			tests:  tests,
		},
		{
			breaks: "a step-up is a way into a sign-in that is not over",
			file:   "internal/demo/change.go",
			old:    `if !needed || !s.signedIn {`,
			new:    `if !needed {`,
			tests:  tests,
		},
		{
			breaks: "a payment is made without its proof being taken for it",
			file:   "internal/demo/pay.go",
			old:    `if err := d.reg.Consume(r.Context(), proof, registry.Need{Who: s.who(), Action: c.action}); err != nil {`,
			new:    `if err := d.reg.Check(r.Context(), s.proof, registry.Need{Who: s.who()}); err != nil && proof == "" {`,
			tests:  tests,
		},
		{
			breaks: "a payment takes the place of what was proved for everything else",
			file:   "internal/demo/code.go",
			old:    "	case pay:\n",
			new:    "	case pay:\n		s.proof = login.Proof\n",
			tests:  tests,
		},
		{
			breaks: "other sessions go on after a method was added",
			file:   "internal/demo/setup.go",
			old:    "	d.sessions.endOthers(s)\n",
			new:    "",
			tests:  tests,
		},
		{
			breaks: "a session that a forgotten browser has opened goes on",
			file:   "internal/demo/change.go",
			old:    `if c.op == remove || c.op == forget || c.op == forgetAll {`,
			new:    `if c.op == remove {`,
			tests:  tests,
		},
		{
			breaks: "a backup code makes a browser trusted",
			file:   "internal/demo/code_page.go",
			old:    `b.purpose == signIn && !isRecovery(b.kind)`,
			new:    `b.purpose == signIn`,
			tests:  tests,
		},
		{
			breaks: "a browser's token is not replaced",
			file:   "internal/demo/signin.go",
			old:    "	giveToken(w, user.ID, login.Once)\n",
			new:    "",
			tests:  tests,
		},
		{
			breaks: "anybody helps themselves to recovery codes for others",
			file:   "internal/demo/help.go",
			old:    `if !s.isAdministrator() || !known {`,
			new:    `if !known {`,
			tests:  tests,
		},
		{
			breaks: "a passkey signs its user in within somebody else's session",
			file:   "internal/demo/passkey.go",
			old:    `if s.signedIn || s.user.ID != user.ID {`,
			new:    `if false {`,
			tests:  tests,
		},
		{
			breaks: "a page sends a message when it is loaded again",
			file:   "internal/demo/code_page.go",
			old:    `ch, err = d.reg.Resume(`,
			new:    `ch, err = d.reg.Resend(`,
			tests:  tests,
		},
		{
			breaks: "forms of other sites are taken",
			file:   "internal/demo/demo.go",
			old:    `d.onLocalhost(secured(sameOrigin.Handler(mux)))`,
			new:    `d.onLocalhost(secured(mux))`,
			tests:  tests,
		},
	}
}
