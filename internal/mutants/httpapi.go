package main

func httpAPI() []mutant {
	const tests = "./httpapi"
	return []mutant{
		{
			breaks: "a session that is pending passes the gate", // attack: A-57
			file:   "httpapi/visit.go",
			old:    "	case Pending:\n		return fault(registry.ErrStepUpRequired)\n",
			new:    "	case Pending:\n		return nil\n",
			tests:  tests,
		},
		{
			breaks: "a session is signed in by its own word",
			file:   "httpapi/visit.go",
			old:    "	return v.Registry.Stands(v.ctx(), registry.Standing{Who: v.Who, Proof: v.Proof, Browser: v.Browser})",
			new:    "	return nil",
			tests:  tests,
		},
		{
			breaks: "a login that asks for more signs in",
			file:   "httpapi/login.go",
			old:    "	next := Session{Who: s.Who, SignedIn: login.Satisfied, Pending",
			new:    "	next := Session{Who: s.Who, SignedIn: true, Pending",
			tests:  tests,
		},
		{
			breaks: "a password leaves the session signed in that was there before", // attack: A-58
			file:   "httpapi/login.go",
			old:    "	next := Session{Who: who, SignedIn: login.Satisfied, Pending",
			new:    "	next := Session{Who: who, SignedIn: login.Satisfied || s.SignedIn, Pending",
			tests:  tests,
		},
		{
			breaks: "the session's id is the same after a sign-in", // attack: A-69
			file:   "httpapi/sessions.go",
			old:    "before.SignedIn != next.SignedIn, before.Proof != next.Proof",
			new:    "false",
			tests:  tests,
		},
		{
			breaks: "another user finds what the one before has left in the session",
			file:   "httpapi/sessions.go",
			old:    `	case before.User.ID != "" && (`,
			new:    `	case false && (`,
			tests:  tests,
		},
		{
			breaks: "a session of one tenant is one of another",
			file:   "httpapi/sessions.go",
			old:    "	if k.User.Tenant != tenant {",
			new:    "	if false {",
			tests:  tests,
		},
		{
			breaks: "a user whom the application refuses is signed in by a passkey",
			file:   "httpapi/sessions.go",
			old:    "		if err != nil {\n			return err\n		}\n		next.User.Name",
			new:    "		_ = err\n		next.User.Name",
			tests:  tests,
		},
		{
			breaks: "what could not be kept is told",
			file:   "httpapi/login.go",
			old:    "	if err := v.keep(next); err != nil {\n		return registry.Login{}, err\n	}\n	giveToken(v.w, v.r, next.User, &trusted)",
			new:    "	_ = v.keep(next)\n	giveToken(v.w, v.r, next.User, &trusted)",
			tests:  tests,
		},
		{
			breaks: "the token of a trusted browser is in the body of an answer",
			file:   "httpapi/cookie.go",
			old:    "	l.Once = nil\n",
			new:    "",
			tests:  tests,
		},
		{
			breaks: "what a signed-in session has begun ends well in a login that is not over",
			file:   "httpapi/login.go",
			old:    "	if v.SignedIn && !login.Satisfied {",
			new:    "	if false {",
			tests:  tests,
		},
		{
			breaks: "a session that nothing holds any more comes back by a step-up", // attack: A-70
			file:   "httpapi/factors.go",
			old:    "	if v.Proof == \"\" { // or",
			new:    "	if false { // or",
			tests:  tests,
		},
		{
			breaks: "a proof for an action takes the place of the session's own",
			file:   "httpapi/factors.go",
			old:    "		next.Action, next.ActionProof = login.Action, login.Proof",
			new:    "		next.Action, next.ActionProof, next.Proof = login.Action, login.Proof, login.Proof",
			tests:  tests,
		},
		{
			breaks: "other sessions go on after a factor was added", // attack: A-95
			file:   "httpapi/factors.go",
			old:    "p.Factor == login.Factor && p.Role == provider.Ordinary })",
			new:    `p.Factor == "" && p.Role == provider.Ordinary })`,
			tests:  tests,
		},
		{
			breaks: "a GET does what has to be confirmed",
			file:   "httpapi/gate.go",
			old:    "		if safe(v.r.Method) {",
			new:    "		if false {",
			tests:  tests,
		},
		{
			breaks: "what was confirmed for one thing is done for another", // attack: A-74
			file:   "httpapi/gate.go",
			old:    "registry.Need{Who: v.Who, Action: text})",
			new:    "registry.Need{Who: v.Who, Action: v.Action})",
			tests:  tests,
		},
		{
			breaks: "pages of other sites pass the gate",
			file:   "httpapi/gate.go",
			old:    "		if err := h.foreign.Check(r); err != nil {",
			new:    "		if err := h.foreign.Check(r); err != nil && r == nil {",
			tests:  tests,
		},
		{
			breaks: "whoever cannot step up is sent to do it",
			file:   "httpapi/gate.go",
			old:    "			err = v.wayUp()\n",
			new:    "",
			tests:  tests,
		},
		{
			breaks: "a panic of the application's function lets in", // attack: A-158
			file:   "httpapi/visit.go",
			old:    "out, err = none, fault(registry.ErrInternal)",
			new:    "out, err = none, nil",
			tests:  tests,
		},
		{
			breaks: "a browser is sent to another host",
			file:   "httpapi/back.go",
			old:    `|| !h.origins[u.Scheme+"://"+u.Host] {`,
			new:    `|| u.Host == "" {`,
			tests:  tests,
		},
		{
			breaks: "what browsers drop from a target is left in it",
			file:   "httpapi/back.go",
			old:    `		if c <= ' ' || c >= 0x7f`,
			new:    `		if c >= 0x7f`,
			tests:  tests,
		},
		{
			breaks: "what changes something is made again after a step-up",
			file:   "httpapi/back.go",
			old:    "	if safe(r.Method) {",
			new:    "	if true {",
			tests:  tests,
		},
		{
			breaks: "the page of another site says where to go on",
			file:   "httpapi/back.go",
			old:    "from.Host != r.Host || ",
			new:    "",
			tests:  tests,
		},
		{
			breaks: "a member that nobody knows is overlooked", // attack: A-77
			file:   "httpapi/body.go",
			old:    "known != nil && !ok {",
			new:    "false && !ok {",
			tests:  tests,
		},
		{
			breaks: "of a member that comes twice one counts", // attack: A-161
			file:   "httpapi/body.go",
			old:    "		if seen[name] {",
			new:    "		if false {",
			tests:  tests,
		},
		{
			breaks: "null is a value",
			file:   "httpapi/body.go",
			old:    "t == nil && member",
			new:    "false",
			tests:  tests,
		},
		{
			breaks: "a body of any length is read", // attack: A-109
			file:   "httpapi/body.go",
			old:    "http.MaxBytesReader(w, r.Body, maxBody)",
			new:    "http.MaxBytesReader(w, r.Body, maxBody<<20)",
			tests:  tests,
		},
		{
			breaks: "a form of another site is JSON",
			file:   "httpapi/body.go",
			old:    `mediaType != "application/json" || `,
			new:    `mediaType == "" || `,
			tests:  tests,
		},
		{
			breaks: "answers may be cached", // attack: A-142
			file:   "httpapi/problem.go",
			old:    "	h.Set(\"Cache-Control\", \"no-store\")\n",
			new:    "",
			tests:  tests,
		},
		{
			breaks: "an account's owner reads what is for operators",
			file:   "httpapi/operations.go",
			old:    "At: e.At, Op: e.Op, Result: e.Result,",
			new:    "At: e.At, Op: e.Op, Result: e.Result + e.Reason,",
			tests:  tests,
		},
		{
			breaks: "what was kept for one tenant's user is there for another's",
			file:   "httpapi/sessions.go",
			old:    "	before, unreadable := s.read(ctx)",
			new:    "	before, unreadable := s.read(ctx)\n	if before.User.Tenant != s.Tenant(r) {\n		before = kept{}\n	}\n	_ = 0",
			tests:  tests,
		},
		{
			breaks: "a thief stays signed in if the session that throws them out cannot be kept", // attack: A-95
			file:   "httpapi/factors.go",
			old:    "	err = v.keep(next)\n	if slices.Contains",
			new:    "	if err = v.keep(next); err != nil {\n		return registry.Login{}, err\n	}\n	if slices.Contains",
			tests:  tests,
		},
		{
			breaks: "the log has what a function panicked with",
			file:   "httpapi/visit.go",
			old:    `fmt.Sprintf("%T", p)`,
			new:    `fmt.Sprint(p)`,
			tests:  tests,
		},
		{
			breaks: "a page confirms what it does not show", // attack: A-74
			file:   "web/ask.go",
			old:    "!hmac.Equal([]byte(v.r.Form.Get(deedParam)), []byte(v.deed(f.Wants.Action)))",
			new:    "!hmac.Equal([]byte(v.deed(f.Wants.Action)), []byte(v.deed(f.Wants.Action)))",
			tests:  "./web",
		},
	}
}
