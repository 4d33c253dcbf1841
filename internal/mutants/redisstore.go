package main

func redisstores() []mutant {
	const (
		tests   = "./challenge/redisstore"
		methods = "challenge/redisstore/methods.go"
		scripts = "challenge/redisstore/scripts.go"
	)
	return []mutant{
		{
			breaks: "an attempt that is sent again is counted again", // attack: A-151
			file:   methods,
			old:    "if before then\n  local b",
			new:    "if before and false then\n  local b",
			tests:  tests,
		},
		{
			breaks: "attempts are not counted",
			file:   methods,
			old:    `c.attempts = c.attempts - 1`,
			new:    ``,
			tests:  tests,
		},
		{
			breaks: "an expired challenge may be tried while Redis still has it", // attack: A-19
			file:   methods,
			old:    "if not c or c.state ~= LIVE or c.expires <= now then return reply(GONE) end\nlocal before",
			new:    "if not c or c.state ~= LIVE then return reply(GONE) end\nlocal before",
			tests:  tests,
		},
		{
			breaks: "a redeemed challenge may be tried",
			file:   methods,
			old:    "if not c or c.state ~= LIVE or c.expires <= now then return reply(GONE) end\nlocal before",
			new:    "if not c or c.expires <= now then return reply(GONE) end\nlocal before",
			tests:  tests,
		},
		{
			breaks: "a challenge is redeemed twice",
			file:   methods,
			old:    `if c.by == try then return reply(DONE) end`,
			new:    `do return reply(DONE) end`,
			tests:  tests,
		},
		{
			breaks: "a charge comes back as often as it is released",
			file:   methods,
			old:    `t.kind, t.taken, t.raw = RELEASED, {}, nil`,
			new:    ``,
			tests:  tests,
		},
		{
			breaks: "a charge that was given back is written as it was read",
			file:   scripts,
			old:    `x.used, x.raw = x.used - 1, nil`,
			new:    `x.used = x.used - 1`,
			tests:  tests,
		},
		{
			breaks: "a number of more than six bytes is cut off",
			file:   scripts,
			old:    ` + uint() * 2^42`,
			new:    ``,
			tests:  tests,
		},
		{
			breaks: "a take that is sent again is taken again",
			file:   methods,
			old:    `if id == try then return reply(DONE) end`,
			new:    ``,
			tests:  tests,
		},
		{
			breaks: "a challenge that is created again is new",
			file:   methods,
			old:    `if c.state ~= LIVE or c.expires <= now or c.attempts == 0 then return reply(GONE) end`,
			new:    `c = nil end if c then`,
			tests:  tests,
		},
		{
			breaks: "a shut budget is taken from",
			file:   scripts,
			old:    `if x.shut > now then return nil, reply(REFUSED, s.name, x.shut - now) end`,
			new:    ``,
			tests:  tests,
		},
		{
			breaks: "a lock does not double",
			file:   scripts,
			old:    `d, level = d * 2, level - 1`,
			new:    `level = level - 1`,
			tests:  tests,
		},
		{
			breaks: "a take is given back to a budget that has been refilled",
			file:   scripts,
			old:    `if x and t.gen == x.gen and x.used > 0 and`,
			new:    `if x and x.used > 0 and`,
			tests:  tests,
		},
		{
			breaks: "a take that is given back cuts short the rest of a later one",
			file:   scripts,
			old:    `if x.last == t.nth then`,
			new:    `if x.rest >= t.was then`,
			tests:  tests,
		},
		{
			breaks: "a record of an unknown format is read from Redis", // attack: A-163
			file:   scripts,
			old:    `if byte(src, 1) ~= FORMAT then return nil, reply(UNKNOWN) end`,
			new:    ``,
			tests:  tests,
		},
		{
			breaks: "a server that evicts is trusted", // attack
			file:   "challenge/redisstore/check.go",
			old:    `p != "noeviction"`,
			new:    `p == ""`,
			tests:  tests,
		},
	}
}
