package main

// operations breaks what operators rely on: measures that lead to nobody, and probes that say what is.
func operations() []mutant {
	const (
		measured = "./telemetry"
		probed   = "./health"
		words    = "telemetry/words.go"
		watched  = "health/watched.go"
	)
	return []mutant{
		{
			breaks: "a reason that quotes somebody is exported",
			file:   words,
			old:    "	return other\n",
			new:    "	return reason\n",
			tests:  measured,
			run:    "Other|Exported",
		},
		{
			breaks: "a budget's reason may go on with anything",
			file:   words,
			old:    ` is shut$`,
			new:    ` is shut`,
			tests:  measured,
			run:    "Other",
		},
		{
			breaks: "a kind that a client has made up is exported",
			file:   "registry/trace.go",
			old:    `!known {`,
			new:    `!known && e.Kind == "" {`,
			tests:  "./registry " + measured,
			run:    "Trace|Exported",
		},
		{
			breaks: "a call that panicked ends well in its trace",
			file:   "registry/trace.go",
			old:    `cmp.Or(c.result, string(ErrInternal))`,
			new:    `cmp.Or(c.result, "ok")`,
			tests:  "./registry",
			run:    "Trace",
		},
		{
			breaks: "a tracer that panics fails a login",
			file:   "registry/trace.go",
			old:    "	return func(e Event) {\n		defer func() { _ = recover() }()\n",
			new:    "	return func(e Event) {\n",
			tests:  "./registry",
			run:    "Tracer",
		},
		{
			breaks: "a measured store is no outbox any more",
			file:   "telemetry/factors.go",
			old:    `case queues && reseals:`,
			new:    `case queues && reseals && false:`,
			tests:  measured,
			run:    "Abilities|Promises",
		},
		{
			breaks: "a store that fails is no error of its span",
			file:   "telemetry/challenges.go",
			old:    `result, is = "failed", codes.Error`,
			new:    `result = "failed"`,
			tests:  measured,
			run:    "Error",
		},
		{
			breaks: "what is useful and does not work takes a replica out of service",
			file:   "health/health.go",
			old:    `look(h.useful, &useful)`,
			new:    `look(h.useful, &needed)`,
			tests:  probed,
			run:    "Degraded",
		},
		{
			breaks: "a replica that ends is sent requests",
			file:   "health/health.go",
			old:    `if h.ending.Load() {`,
			new:    `if false {`,
			tests:  probed,
			run:    "Degraded|Example",
		},
		{
			breaks: "each probe makes a check of its own",
			file:   watched,
			old:    `if w.flight == nil {`,
			new:    `if true {`,
			tests:  probed,
			run:    "Hammer|Hangs",
		},
		{
			breaks: "a result is not kept",
			file:   watched,
			old:    `w.now().Sub(w.at) < w.Every`,
			new:    `false`,
			tests:  probed,
			run:    "Hammer",
		},
		{
			breaks: "a prober that hangs up makes a check fail",
			file:   watched,
			old:    `errors.Is(ctx.Err(), context.DeadlineExceeded)`,
			new:    `true`,
			tests:  probed,
			run:    "HangingUp",
		},
		{
			breaks: "one master that is away takes a replica out of service",
			file:   "health/checks.go",
			old:    `if refused := (*challenge.Refused)(nil); err == nil ||`,
			new:    `if refused := (*challenge.Refused)(nil); err == nil && len(faults) == 0 && false ||`,
			tests:  probed,
			run:    "Cluster",
		},
	}
}
