package main

func textMessages() []mutant {
	const (
		sms     = "./provider/sms"
		twilio  = "./provider/sms/twilio"
		verify  = "./provider/sms/twilioverify"
		webhook = "./provider/sms/webhook"
		pumping = "./provider/sms/pumping"
		redis   = "./provider/sms/pumping/rediscounter"
	)
	return []mutant{
		{
			breaks: "sms: messages go to any country", // attack: A-130
			file:   "provider/sms/number.go",
			old:    "slices.Contains(r.Countries, n.country) && textable(parsed)",
			new:    "(true || slices.Contains(r.Countries, n.country)) && textable(parsed)",
			tests:  sms,
		},
		{
			breaks: "sms: premium numbers get messages", // attack: A-130
			file:   "provider/sms/number.go",
			old:    "slices.Contains(r.Countries, n.country) && textable(parsed)",
			new:    "slices.Contains(r.Countries, n.country)",
			tests:  sms,
		},
		{
			breaks: "sms: a list of countries is optional", // attack: A-130
			file:   "provider/sms/number.go",
			old:    "len(r.Countries) == 0 && r.Reach == Listed",
			new:    "false",
			tests:  sms,
		},
		{
			breaks: "sms: all of +1 is one country", // attack: A-130
			file:   "provider/sms/number.go",
			old:    "	case \"US\", \"CA\":",
			new:    "	default:",
			tests:  sms,
		},
		{
			breaks: "sms: personal numbers are texted everywhere", // attack: A-130
			file:   "provider/sms/number.go",
			old:    "return n.GetCountryCode() == 1",
			new:    "return true",
			tests:  sms,
		},
		{
			breaks: "sms: other characters than ASCII are read", // attack: A-138
			file:   "provider/sms/number.go",
			old:    " || strings.Trim(typed[1:], \"0123456789 -.()/\") != \"\"",
			new:    "",
			tests:  sms,
		},
		{
			breaks: "sms: a number of any length is parsed", // attack: A-133
			file:   "provider/sms/number.go",
			old:    "len(typed) > maxTyped || ",
			new:    "",
			tests:  sms,
		},
		{
			breaks: "sms: a country that was taken from the list still gets messages", // attack: A-130
			file:   "provider/sms/sms.go",
			old:    "err != nil || n.E164() != m.To",
			new:    "false && err != nil && n.E164() != m.To",
			tests:  sms,
		},
		{
			breaks: "sms: a line feed follows the bound line", // attack: A-136
			file:   "provider/sms/bound.go",
			old:    "\" #\" + code }",
			new:    "\" #\" + code + \"\\n\" }",
			tests:  sms,
		},
		{
			breaks: "sms: a user's words may bind the code elsewhere", // attack: A-136
			file:   "provider/sms/sms.go",
			old:    "t.Code == \"\" && first != nil || t.Code != \"\" && (first == nil || first[1] != c.cfg.Host || first[2] != t.Code)",
			new:    "false && first != nil",
			tests:  sms,
		},
		{
			breaks: "sms: a message may take two segments",
			file:   "provider/sms/segment.go",
			old:    "used > size",
			new:    "used > 2*size",
			tests:  sms,
		},
		{
			breaks: "sms: an extended character takes one septet",
			file:   "provider/sms/segment.go",
			old:    "used += 2",
			new:    "used++",
			tests:  sms,
		},
		{
			breaks: "sms: codes are bound to whatever is configured", // attack: A-136
			file:   "provider/sms/sms.go",
			old:    "cfg.Numbers.Validate(), validHost(cfg.Host)",
			new:    "cfg.Numbers.Validate()",
			tests:  sms,
		},
		{
			breaks: "sms: a number prints", // attack: A-124
			file:   "provider/sms/number.go",
			old:    "_, _ = io.WriteString(s, n.Masked(0))",
			new:    "_, _ = io.WriteString(s, n.e164)",
			tests:  sms,
		},
		{
			breaks: "twilio: any status is success",
			file:   "provider/sms/twilio/account.go",
			old:    "resp.StatusCode < 200 || resp.StatusCode > 299",
			new:    "false",
			tests:  twilio,
		},
		{
			breaks: "twilio: a message without a status is sent",
			file:   "provider/sms/twilio/twilio.go",
			old:    "sent.Sid == nil || sent.Status == nil || !underWay(*sent.Status)",
			new:    "sent.Status != nil && !underWay(*sent.Status)",
			tests:  twilio,
		},
		{
			breaks: "twilio: an error in a success is none",
			file:   "provider/sms/twilio/twilio.go",
			old:    "sent.ErrorCode != nil && *sent.ErrorCode != 0",
			new:    "false",
			tests:  twilio,
		},
		{
			breaks: "twilio: redirects are followed",
			file:   "provider/sms/twilio/account.go",
			old:    "return http.ErrUseLastResponse }",
			new:    "return nil }",
			tests:  twilio,
		},
		{
			breaks: "twilio: the context is not honoured",
			file:   "provider/sms/twilio/account.go",
			old:    "http.NewRequestWithContext(e.ctx,",
			new:    "http.NewRequestWithContext(context.Background(),",
			tests:  twilio,
			run:    "GivenUp",
		},
		{
			breaks: "twilio: secrets travel without TLS",
			file:   "internal/webhook/webhook.go",
			old:    "u.Scheme == \"http\" && here",
			new:    "u.Scheme == \"http\" && (true || here)",
			tests:  twilio,
		},
		{
			breaks: "twilio: a message outlives its code in the queue",
			file:   "provider/sms/twilio/twilio.go",
			old:    "!m.Expires.IsZero()",
			new:    "false",
			tests:  twilio,
		},
		{
			breaks: "twilioverify: one verification counts in two challenges", // attack: A-23
			file:   "provider/sms/twilioverify/twilioverify.go",
			old:    "sid == t.used",
			new:    "false",
			tests:  verify,
		},
		{
			breaks: "twilioverify: what was used is not remembered", // attack: A-4
			file:   "provider/sms/twilioverify/twilioverify.go",
			old:    "	t.used = sid\n",
			new:    "",
			tests:  verify,
		},
		{
			breaks: "twilioverify: a challenge for another number is answered", // attack: A-91
			file:   "provider/sms/twilioverify/twilioverify.go",
			old:    "b.number != t.number",
			new:    "false && b.number != t.number",
			tests:  verify,
		},
		{
			breaks: "twilioverify: a Twilio that is down is a rejection",
			file:   "provider/sms/twilioverify/remote.go",
			old:    "said.Code == notFound && said.Status == http.StatusNotFound || said.Code == tooManyChecks",
			new:    "true || said.Status == http.StatusNotFound",
			tests:  verify,
		},
		{
			breaks: "twilioverify: another number's approval counts",
			file:   "provider/sms/twilioverify/remote.go",
			old:    "checked.To == nil || *checked.To != number || ",
			new:    "",
			tests:  verify,
		},
		{
			breaks: "twilioverify: an unheard-of status is a verdict",
			file:   "provider/sms/twilioverify/remote.go",
			old:    "errors.New(\"twilioverify: no verdict: unknown status\")",
			new:    "provider.ErrRejected",
			tests:  verify,
		},
		{
			breaks: "twilioverify: codes of any length reach Twilio",
			file:   "provider/sms/twilioverify/remote.go",
			old:    "len(code) != p.cfg.Digits",
			new:    "false",
			tests:  verify,
		},
		{
			breaks: "webhook: a body need not quote", // attack: A-135
			file:   "provider/sms/webhook/body.go",
			old:    "err = errors.Join(err, b.try(m))",
			new:    "_ = m",
			tests:  webhook,
		},
		{
			breaks: "webhook: redirects are followed",
			file:   "provider/sms/webhook/webhook.go",
			old:    "return http.ErrUseLastResponse }",
			new:    "return nil }",
			tests:  webhook,
		},
		{
			breaks: "webhook: an old signature is right",
			file:   "internal/webhook/webhook.go",
			old:    "age > window",
			new:    "false",
			tests:  webhook,
		},
		{
			breaks: "webhook: a signature of the future is right",
			file:   "internal/webhook/webhook.go",
			old:    "age < -window",
			new:    "false",
			tests:  webhook,
		},
		{
			breaks: "webhook: an empty secret verifies",
			file:   "internal/webhook/webhook.go",
			old:    "len(key) < MinKey",
			new:    "false",
			tests:  webhook,
		},
		{
			breaks: "webhook: the body is not signed",
			file:   "internal/webhook/webhook.go",
			old:    "	mac.Write(body)\n",
			new:    "	_ = body\n",
			tests:  webhook,
		},
		{
			breaks: "webhook: what the gateway says is repeated", // attack: A-124
			file:   "provider/sms/webhook/webhook.go",
			old:    "	return failed(note, sentcode.ErrPermanent)\n}\n\n// unreached",
			new:    "	return failed(note, err)\n}\n\n// unreached",
			tests:  webhook,
		},
		{
			breaks: "messages: a notice has a link in it that an attacker has chosen", // attack: A-135
			file:   "provider/sentcode/message/data.go",
			old:    "linked.MatchString(s)",
			new:    "false",
			tests:  "./provider/sentcode/message",
		},
		{
			breaks: "pumping: Deny sends",
			file:   "provider/sms/pumping/pumping.go",
			old:    "	if d.Denied {\n		g.takeBack(ctx, now, country)",
			new:    "	if false {\n		g.takeBack(ctx, now, country)",
			tests:  pumping,
		},
		{
			breaks: "pumping: without its counter, Deny sends", // attack: A-39
			file:   "provider/sms/pumping/pumping.go",
			old:    "Counts{}, g.cfg.Mode == Deny",
			new:    "Counts{}, false",
			tests:  pumping,
		},
		{
			breaks: "pumping: right answers are not counted",
			file:   "provider/sms/pumping/pumping.go",
			old:    "	if rec.country == \"\" {\n		return\n	}\n",
			new:    "	if rec.country != \"\" {\n		return\n	}\n",
			tests:  pumping,
		},
		{
			breaks: "pumping: messages that were not sent are counted",
			file:   "provider/sms/pumping/pumping.go",
			old:    "			g.takeBack(ctx, now, country)\n		}\n		return err\n	}}",
			new:    "			_ = country\n		}\n		return err\n	}}",
			tests:  pumping,
		},
		{
			breaks: "pumping: whoever hangs up has messages sent uncounted", // attack: A-130
			file:   "provider/sms/pumping/pumping.go",
			old:    "counted && !errors.Is(ctx.Err(), context.Canceled)",
			new:    "counted",
			tests:  pumping,
		},
		{
			breaks: "pumping: one message that is answered pays for several",
			file:   "provider/sms/pumping/rediscounter/rediscounter.go",
			old:    "elseif redis.call('SET', KEYS[2], '', 'NX', 'PX', 3600000) then",
			new:    "else",
			tests:  redis,
		},
		{
			breaks: "pumping: the best day may be today",
			file:   "provider/sms/pumping/memory.go",
			old:    "case at < day:",
			new:    "default:",
			tests:  pumping,
		},
		{
			breaks: "rediscounter: what has left the windows is kept",
			file:   "provider/sms/pumping/rediscounter/rediscounter.go",
			old:    "if #gone > 0 then redis.call('HDEL', key, unpack(gone)) end",
			new:    "",
			tests:  redis,
		},
		{
			breaks: "rediscounter: a count goes below zero",
			file:   "provider/sms/pumping/rediscounter/rediscounter.go",
			old:    "if redis.call('HINCRBY', key, name, by) < 0 then redis.call('HSET', key, name, 0) end",
			new:    "redis.call('HINCRBY', key, name, by)",
			tests:  redis,
		},
	}
}
