package main

func configurations() []mutant {
	const settings = "./config"
	return []mutant{
		{
			breaks: "config: an unknown key is read over",
			file:   "config/decode.go",
			old:    `if slices.Contains(known, f.Name) || strings.HasPrefix(f.Name, "x-") {`,
			new:    `if slices.Contains(known, f.Name) || f.Name != "" {`,
			tests:  settings, run: "Misspelled",
		},
		{
			breaks: "config: a value out of range is taken",
			file:   "config/scalar.go",
			old:    "if low || high {",
			new:    "if low || high && low {",
			tests:  settings, run: "OutOfRange",
		},
		{
			breaks: "config: a variable that is not set is nothing",
			file:   "config/scalar.go",
			old:    "case len(missing) > 0 && d.idle > 0:",
			new:    "case len(missing) > 0:",
			tests:  settings, run: "NotSet",
		},
		{
			breaks: "config: a secret that is written down starts in production",
			file:   "config/insecure.go",
			old:    `if c.Mode == "development" {`,
			new:    `if c.Mode != "" {`,
			tests:  settings, run: "WrittenDown",
		},
		{
			breaks: "config: conveniences of development start in production",
			file:   "config/insecure.go",
			old:    `if c.Mode != "development" {`,
			new:    `if c.Mode == "" {`,
			tests:  settings, run: "NamedByItself",
		},
		{
			breaks: "config: Redis is spoken to in the clear",
			file:   "config/stores.go",
			old:    "return err == nil && options.TLSConfig == nil",
			new:    "return err == nil && options.TLSConfig == nil && options.Username != \"\"",
			tests:  settings, run: "TypesCannotSay",
		},
		{
			breaks: "config: a database that may be spoken to in the clear passes, because it may also be encrypted",
			file:   "config/stores.go",
			old:    "plain = plain || remote(f.Host) && f.TLSConfig == nil",
			new:    "plain = plain && f.TLSConfig == nil",
			tests:  settings, run: "TypesCannotSay",
		},
		{
			breaks: "config: messages are printed without leave",
			file:   "config/email.go",
			old:    "if !d.Allows(terminalSender) {",
			new:    "if d.Terminal == nil {",
			tests:  settings, run: "TypesCannotSay",
		},
		{
			breaks: "config: a value from a variable is quoted in a message",
			file:   "config/report.go",
			old:    "message = anyQuoted.ReplaceAllString(message, hidden)",
			new:    "_ = anyQuoted",
			tests:  settings, run: "WrongPlaces|Quoted",
		},
		{
			breaks: "config: the password of a URL is printed",
			file:   "config/secret.go",
			old:    `parsed.User = url.User("hidden")`,
			new:    `_ = parsed.User`,
			tests:  settings, run: "PrintShows",
		},
		{
			breaks: "config: the library quotes the password that it could not read",
			file:   "config/internal/tree/parse.go",
			old:    "case anchorName.MatchString(message):",
			new:    "case anchorName.MatchString(message) && hint != \"\":",
			tests:  settings, run: "CannotBeRead",
		},
		{
			breaks: "config: aliases grow without end",
			file:   "config/internal/tree/parse.go",
			old:    "if p.nodes++; p.nodes > maxNodes {",
			new:    "if p.nodes++; p.nodes > maxNodes*1000 {",
			tests:  settings, run: "Grows",
		},
		{
			breaks: "config: what is put into a value is looked through again",
			file:   "config/internal/tree/expand.go",
			old:    "out.WriteString(value)",
			new:    "text = value + after; _, after, _ = strings.Cut(\"}\"+text, \"}\")",
			tests:  settings, run: "IsNoYAML",
		},
		{
			breaks: "config: a misspelled kind forbids nothing",
			file:   "config/settings.go",
			old:    "if slices.Contains(known, kind) {\n\t\t\treturn",
			new:    "if len(known) > 0 {\n\t\t\treturn",
			tests:  settings, run: "TypesCannotSay",
		},
		{
			breaks: "config: tenants deliver each other's notices",
			file:   "config/open.go",
			old:    `return "notices-" + hex.EncodeToString(digest[:8])`,
			new:    `return "notices" + hex.EncodeToString(digest[:0])`,
			tests:  settings, run: "Notices",
		},
		{
			breaks: "config: a deployment opens on a database without a schema",
			file:   "config/open.go",
			old:    "if d.factors.Store, err = d.factors.open(ctx); err != nil {",
			new:    "if d.factors.Store, err = d.factors.open(ctx); err != nil && d.factors.DB == nil {",
			tests:  settings, run: "RealServers",
		},
	}
}
