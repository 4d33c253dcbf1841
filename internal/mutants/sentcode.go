package main

func sentcodes() []mutant {
	const (
		code    = "./provider/sentcode"
		words   = "./provider/sentcode/message"
		mail    = "./provider/email"
		server  = "./provider/email/smtp"
		printer = "./provider/sentcode/terminal"
	)
	return []mutant{
		{
			breaks: "the code of one address is right for another", // attack: A-91
			file:   "provider/sentcode/sentcode.go",
			old:    "if s.address != d.address { // attack: A-91",
			new:    "if s.address == \"\" && d.address == \"\" {",
			tests:  code,
		},
		{
			breaks: "a code for one address is sent again to another",
			file:   "provider/sentcode/sentcode.go",
			old:    "if err == nil && s.address != d.address {",
			new:    "if err == nil && s.address == \"\" {",
			tests:  code,
		},
		{
			breaks: "every code is right",
			file:   "provider/sentcode/sentcode.go",
			old:    "subtle.ConstantTimeCompare([]byte(typed), []byte(s.digits)) != 1",
			new:    "subtle.ConstantTimeCompare([]byte(typed), []byte(s.digits)) > 1",
			tests:  code,
		},
		{
			breaks: "sending again sends a new code", // attack: A-22
			file:   "provider/sentcode/sentcode.go",
			old:    "		return p.prompt(s, a)\n	}\n	if l :=",
			new:    "		_ = s\n	}\n	if l :=",
			tests:  code,
		},
		{
			breaks: "a code may be dead before it arrives",
			file:   "provider/sentcode/sentcode.go",
			old:    "cfg.TTL < minTTL || cfg.TTL > maxTTL",
			new:    "cfg.TTL > maxTTL",
			tests:  code,
		},
		{
			breaks: "a code has as many digits as anybody likes",
			file:   "provider/sentcode/sentcode.go",
			old:    "cfg.Digits != 6 && cfg.Digits != maxDigits",
			new:    "false",
			tests:  code,
		},
		{
			breaks: "a channel need not limit what an address gets", // attack: A-130
			file:   "provider/sentcode/sentcode.go",
			old:    "if !limited {",
			new:    "if false {",
			tests:  code,
		},
		{
			breaks: "one channel uses up the messages of all others",
			file:   "provider/sentcode/sentcode.go",
			old:    `provider.Use{Budget: "deployment", Of: p.info.Kind}`,
			new:    `provider.Use{Budget: "deployment"}`,
			tests:  code,
		},
		{
			breaks: "the address is shown",
			file:   "provider/sentcode/sentcode.go",
			old:    `hint == "" || strings.Contains(hint, address)`,
			new:    `hint == ""`,
			tests:  code,
		},
		{
			breaks: "an address may be two lines", // attack: A-132
			file:   "provider/sentcode/sentcode.go",
			old:    "return unicode.IsControl(c) || unicode.Is(unicode.Zl, c) || unicode.Is(unicode.Zp, c)",
			new:    "return unicode.IsControl(c) && c == 0",
			tests:  code,
		},
		{
			breaks: "an unknown record is read",
			file:   "provider/sentcode/record.go",
			old:    "	if r.Byte() != dataFormat {\n		r.Fail()\n	}",
			new:    "	_ = r.Byte()",
			tests:  code,
		},
		{
			breaks: "whether an account's address works is told to who signs in", // attack: A-143
			file:   "registry/issue.go",
			old:    "c.purpose == challenge.Setup && errors.As(err, &invalid)",
			new:    "errors.As(err, &invalid)",
			tests:  "./registry",
			run:    "BadAddress",
		},
		{
			breaks: "a message is sent without its code, or with two",
			file:   "provider/sentcode/message/try.go",
			old:    "strings.Count(t.Body, t.Code) != 1",
			new:    "strings.Count(t.Body, t.Code) > 2",
			tests:  words,
		},
		{
			breaks: "a message that does not fit in one language fails the first login that needs it",
			file:   "provider/sentcode/message/try.go",
			old:    "	if err != nil {\n		return err\n	}\n	return w.once(l, f, text)",
			new:    "	if err != nil {\n		return nil\n	}\n	return w.once(l, f, text)",
			tests:  words,
		},
		{
			breaks: "what users write breaks lines", // attack: A-132
			file:   "provider/sentcode/message/data.go",
			old:    "case c == utf8.RuneError, unicode.Is(unicode.Zl, c), unicode.Is(unicode.Zp, c), unicode.In(c, unicode.C):",
			new:    "case c == utf8.RuneError, unicode.In('x', unicode.C):",
			tests:  words,
		},
		{
			breaks: "half of an action is shown",
			file:   "provider/sentcode/message/message.go",
			old:    "		if m.Action == clean(m.Action, maxAction) {\n			f.Action = m.Action\n		}",
			new:    "		f.Action = clean(m.Action, maxAction)",
			tests:  words,
		},
		{
			breaks: "a link that acts is put into every notice",
			file:   "provider/sentcode/message/data.go",
			old:    `u.RawQuery != "" || `,
			new:    "",
			tests:  words,
		},
		{
			breaks: "codes are printed in production",
			file:   "provider/sentcode/terminal/terminal.go",
			old:    "if !cfg.Development {",
			new:    "if false {",
			tests:  printer,
		},
		{
			breaks: "an address of any length is read", // attack: A-133
			file:   "provider/email/address.go",
			old:    "!ok || len(s) > maxWhole || ",
			new:    "!ok || ",
			tests:  mail,
			run:    "Address",
		},
		{
			breaks: "a local part has what it likes", // attack: A-131
			file:   "provider/email/address.go",
			old:    "return !letterOrDigit(c) && !strings.ContainsRune(\"!#$%&'*+-/=?^_`{|}~\", c)",
			new:    "return c == '@'",
			tests:  mail,
			run:    "Address",
		},
		{
			breaks: "an address literal is a domain", // attack: A-131
			file:   "provider/email/address.go",
			old:    `return strings.Trim(last, "0123456789-") != ""`,
			new:    "return true",
			tests:  mail,
			run:    "Address",
		},
		{
			breaks: "each spelling of an address has a budget of its own", // attack: A-130
			file:   "provider/email/address.go",
			old:    "return strings.ToLower(local) + address[at:]",
			new:    "return local + address[at:]",
			tests:  mail,
			run:    "Spellings",
		},
		{
			breaks: "the code is in the subject",
			file:   "provider/email/words.go",
			old:    `w.add(w.of("subject"))`,
			new:    `w.add(w.f.Code + w.of("subject"))`,
			tests:  mail,
		},
		{
			breaks: "something stands beside the code that people copy",
			file:   "provider/email/words.go",
			old:    "	w.add(w.f.Code)\n",
			new:    "	w.add(w.l.Isolate(w.f.Code))\n",
			tests:  mail,
		},
		{
			breaks: "TLS is used if the server likes",
			file:   "provider/email/smtp/conn.go",
			old:    "mail.WithTLSPolicy(mail.TLSMandatory)",
			new:    "mail.WithTLSPolicy(mail.TLSOpportunistic)",
			tests:  server,
			run:    "NotTrusted",
		},
		{
			breaks: "any certificate will do",
			file:   "provider/email/smtp/conn.go",
			old:    "MinVersion: tls.VersionTLS12}",
			new:    "MinVersion: tls.VersionTLS12, InsecureSkipVerify: true}",
			tests:  server,
			run:    "NotTrusted",
		},
		{
			breaks: "plain text needs no word",
			file:   "provider/email/smtp/smtp.go",
			old:    "c.Security != Plaintext || c.Development,",
			new:    "true,",
			tests:  server,
			run:    "Config",
		},
		{
			breaks: "a server without a user name needs no word",
			file:   "provider/email/smtp/smtp.go",
			old:    `c.Open || c.Username != "",`,
			new:    "true,",
			tests:  server,
			run:    "Config",
		},
		{
			breaks: "a header may have two lines", // attack: A-132
			file:   "provider/email/smtp/message.go",
			old:    "strings.ContainsFunc(line, unicode.IsControl)",
			new:    "strings.ContainsFunc(line, func(c rune) bool { return unicode.IsControl(c) && c == 0 })",
			tests:  server,
			run:    "Injection",
		},
		{
			breaks: "an address is not looked at", // attack: A-131
			file:   "provider/email/smtp/message.go",
			old:    "if !plainAddress(address) { // attack: A-131",
			new:    "if address == \"\" {",
			tests:  server,
			run:    "Injection",
		},
		{
			breaks: "a message that has arrived is sent again", // attack: A-137
			file:   "provider/email/smtp/errors.go",
			old:    `return failure(note, sentcode.ErrTemporary)` + "\n	}\n	code, enhanced",
			new:    `return later{failure(note, sentcode.ErrTemporary)}` + "\n	}\n	code, enhanced",
			tests:  server,
			run:    "Answers",
		},
		{
			breaks: "a server that says nothing holds its caller", // attack: A-149
			file:   "provider/email/smtp/conn.go",
			old:    "	stop := context.AfterFunc(ctx, func() { _ = c.raw.Close() })\n	err := c.mailer.SendWithSMTPClient(c.client, m)",
			new:    "	stop := func() bool { return true }\n	err := c.mailer.SendWithSMTPClient(c.client, m)",
			tests:  server,
			run:    "Context",
		},
		{
			breaks: "the server is to blame for an address that is bad",
			file:   "provider/email/smtp/errors.go",
			old:    `(strings.HasPrefix(enhanced, "5.1.") || strings.HasPrefix(enhanced, "5.2."))`,
			new:    "false",
			tests:  server,
			run:    "Answers",
		},
		{
			breaks: "there is no end of connections",
			file:   "provider/email/smtp/smtp.go",
			old:    "s.pool = newPool(cfg.Connections)",
			new:    "s.pool = newPool(1000)",
			tests:  server,
			run:    "Connections",
		},
		{
			breaks: "a second subject can be put into a signed message",
			file:   "provider/email/smtp/message.go",
			old:    `		signer.OversignHeaders("From", "To", "Subject")`,
			new:    "		_ = 0",
			tests:  server,
			run:    "DKIM",
		},
		{
			breaks: "each kept connection that is dead has a user wait for it",
			file:   "provider/email/smtp/smtp.go",
			old:    "			s.pool.forget()\n		}\n		c = nil\n",
			new:    "			for c = s.pool.take(); c != nil && !c.alive(ctx); c = s.pool.take() {\n			}\n		}\n",
			tests:  "./provider/email/smtp",
		},
	}
}
