package main

// audits breaks what brings events and notices to those whom they are for.
func audits() []mutant {
	const (
		tests  = "./registry"
		sinks  = "./audit"
		verify = "internal/webhook/webhook.go"
	)
	return []mutant{
		{
			breaks: "an address that is removed is not told",
			file:   "registry/notice.go",
			old:    `!ok || !c.r.usable(before.Account, f)`,
			new:    `!ok || f.ID == about.ID || !c.r.usable(before.Account, f)`,
			tests:  tests,
			run:    "Told|Removed",
		},
		{
			breaks: "a notice that failed is not tried again",
			file:   "registry/courier.go",
			old:    `err != nil && age < letterLife`,
			new:    `err != nil && age < 0`,
			tests:  tests,
			run:    "Notice|Recipient",
		},
		{
			breaks: "notices have no budget",
			file:   "registry/courier.go",
			old:    `try, take := "notice "+l.ID+l.factor, r.spend(budgetNotice, l.kind)`,
			new:    `try, take := "notice", r.spend(budgetNotice, l.kind)`,
			tests:  tests,
			run:    "Notices",
		},
		{
			breaks: "a lock is told to whoever made the last attempt",
			file:   "registry/attempt.go",
			old:    `a.lock = &lock{ch.Tenant, ch.User,`,
			new:    `a.lock = &lock{ch.Tenant, f.User.ID,`,
			tests:  tests,
			run:    "Lock",
		},
		{
			breaks: "a tenant that is guessed at raises a signal for each guess",
			file:   "registry/signals.go",
			old:    "		return // told already, by this replica or another\n",
			new:    "",
			tests:  tests,
			run:    "OneGuess",
		},
		{
			breaks: "the application's no is not heard",
			file:   "registry/before.go",
			old:    `	if err == nil {`,
			new:    `	if err == nil || c.op == "remove" {`,
			tests:  tests,
			run:    "MayRefuse",
		},
		{
			breaks: "a row that a login has written meanwhile is overwritten by a rewrap",
			file:   "factor/memory.go",
			old:    `return have.ID == f.ID && have.Version == f.Version }); i >= 0 {` + "\n			rows[i].Data",
			new:    `return have.ID == f.ID }); i >= 0 {` + "\n			rows[i].Data",
			tests:  "./factor",
		},
		{
			breaks: "a step of a rewrap that failed is left out by the next",
			file:   "registry/rewrap.go",
			old:    `p = Progress{Next: w.After, Keys: map[string]int{}}`,
			new:    `p = Progress{Next: "x", Keys: map[string]int{}}`,
			tests:  tests,
			run:    "Rewrap",
		},
		{
			breaks: "a relay forgets an event that its sink did not take",
			file:   "audit/relay.go",
			old:    "		behind[user] = until\n		r.back(ctx, until, e)\n",
			new:    "		behind[user] = until\n		r.settle(ctx, func(ctx context.Context) error { return r.cfg.Outbox.Done(ctx, e.ID) })\n",
			tests:  sinks,
		},
		{
			breaks: "events that are refused hold up those behind them",
			file:   "audit/relay.go",
			old:    "case errors.Is(err, ErrRefused):\n			failed = 0",
			new:    "case errors.Is(err, ErrRefused):\n			failed++",
			tests:  sinks,
		},
		{
			breaks: "a user's later event overtakes one that failed",
			file:   "audit/relay.go",
			old:    `if until, waits := behind[user]; waits {`,
			new:    `if until, waits := behind[user]; waits && until.IsZero() {`,
			tests:  sinks,
		},
		{
			breaks: "a webhook follows a redirect to another host",
			file:   "audit/webhook.go",
			old:    `return http.ErrUseLastResponse`,
			new:    `return nil`,
			tests:  sinks,
		},
		{
			breaks: "a webhook's request is accepted without a signature",
			file:   verify,
			old:    `right = hmac.Equal(want, []byte(g)) || right`,
			new:    `right = hmac.Equal(want, []byte(g)) || g == "" || right`,
			tests:  sinks,
		},
		{
			breaks: "an old request is accepted",
			file:   verify,
			old:    `age > window || age < -window`,
			new:    `age < -window`,
			tests:  sinks,
		},
		{
			breaks: "a request of the future is accepted",
			file:   verify,
			old:    `age > window || age < -window`,
			new:    `age > window`,
			tests:  sinks,
		},
	}
}
