package main

// commands is the command line: what keeps an operator from doing what they did not mean.
func commands() []mutant {
	const tests = "./cli"
	const scripts = "TestScripts/"
	return []mutant{
		{
			breaks: "new keys are written over old ones", // attack: A-122
			file:   "cli/files.go",
			old:    "os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)",
			new:    "os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)",
			tests:  tests, run: "TestAFileIsNeverWrittenOver",
		},
		{
			breaks: "everybody on the machine can read new keys",
			file:   "cli/files.go",
			old:    "os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)",
			new:    "os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)",
			tests:  tests, run: "TestAFileIsNeverWrittenOver",
		},
		{
			breaks: "a change of the keys that fails in the middle leaves half a file", // attack: A-122
			file:   "cli/files.go",
			old:    "	b, err := edit(old)\n	if err != nil {\n",
			new:    "	b, err := edit(old)\n	_ = os.WriteFile(path, b, 0o600)\n	if err != nil {\n",
			tests:  tests, run: "TestAChangeIsMadeWholeOrNotAtAll",
		},
		{
			breaks: "of two changes of the keys at once one is lost",
			file:   "cli/files.go",
			old:    "os.OpenFile(next, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)",
			new:    "os.OpenFile(next, os.O_WRONLY|os.O_CREATE, 0o600)",
			tests:  tests, run: "TestScripts/keys_files",
		},
		{
			breaks: "keys that root has rotated cannot be read by the program",
			file:   "cli/files_unix.go",
			old:    "	return f.Chmod(info.Mode().Perm())\n",
			new:    "	return nil\n",
			tests:  tests, run: "TestScripts/keys_files",
		},
		{
			breaks: "what cannot be undone is done without a question",
			file:   "cli/ask.go",
			old:    "	if c.Yes || s.asks {\n",
			new:    "	if true {\n",
			tests:  tests, run: scripts + "user$",
		},
		{
			breaks: "any word confirms",
			file:   "cli/ask.go",
			old:    "	if typed != word {\n",
			new:    "	if typed == \"\" {\n",
			tests:  tests, run: scripts + "user$",
		},
		{
			breaks: "a key that still seals rows is removed", // attack: A-122
			file:   "cli/keys_remove.go",
			old:    "if n := r.counts[name(c.ID)]; n > 0 {",
			new:    "if n := r.counts[name(c.ID)]; n > 1<<30 {",
			tests:  tests, run: scripts + "keys_rows",
		},
		{
			breaks: "a key is removed after half a pass",
			file:   "cli/keys_remove.go",
			old:    `	if c.After != "" {`,
			new:    `	if c.After == "never" {`,
			tests:  tests, run: scripts + "keys_rows",
		},
		{
			breaks: "rows that do not open are no reason to worry",
			file:   "cli/keys_rows.go",
			old:    "	if r.Unopened > 0 {\n		return errNo\n	}\n	return nil\n}\n\n// report makes",
			new:    "	return nil\n}\n\n// report makes",
			tests:  tests, run: scripts + "keys_rows",
		},
		{
			breaks: "root does things to people's accounts as nobody in particular",
			file:   "cli/user.go",
			old:    `return "", misused(errors.New("root is nobody in particular: say who you are by --actor"))`,
			new:    `return "os:root", nil`,
			tests:  tests, run: scripts + "actor",
		},
		{
			breaks: "what was done to an account is written down for everybody to read",
			file:   "cli/deployment.go",
			old:    "os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)",
			new:    "os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644)",
			tests:  tests, run: scripts + "user$",
		},
		{
			breaks: "names that users gave steer the terminal of whoever helps them",
			file:   "cli/table.go",
			old:    "if unicode.IsPrint(r) && r != utf8.RuneError {",
			new:    "if unicode.IsPrint(r) || r != utf8.RuneError {",
			tests:  tests, run: "TestTheTerminalTakesNoOrders",
		},
		{
			breaks: "a check that fails is no failure",
			file:   "cli/doctor.go",
			old:    "x.found.OK = x.found.OK && status != failed",
			new:    "x.found.OK = x.found.OK && status != \"\"",
			tests:  tests, run: scripts + "doctor",
		},
		{
			breaks: "a beginning of a provider is written over what is there",
			file:   "cli/new_provider.go",
			old:    "	if err := os.Mkdir(dir, 0o750); err != nil {\n",
			new:    "	if err := os.MkdirAll(dir, 0o750); err != nil {\n",
			tests:  tests, run: scripts + "new_provider",
		},
		{
			breaks: "a site elsewhere reads the preview",
			file:   "cli/preview.go",
			old:    "		if !known[r.Host] {\n",
			new:    "		if known == nil {\n",
			tests:  tests, run: "TestThePreviewIsForThisMachine",
		},
	}
}
