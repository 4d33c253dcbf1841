package main

// testKits are what a test relies on that uses the test kit. That it helps nobody but tests is seen by a program of its own, to which no mutant gets.
func testKits() []mutant {
	const tests = "./cofactortest"
	return []mutant{
		{
			breaks: "an app shows a code again that a server has taken",
			file:   "cofactortest/app.go",
			old:    `max(at, a.last+1)`,
			new:    `at`,
			tests:  tests,
		},
		{
			breaks: "a notice is on its way when the bubble of its test is over",
			file:   "cofactortest/kit.go",
			old:    `err := reg.Flush(context.WithoutCancel(t.Context())); err != nil`,
			new:    `err := error(nil); err != nil`,
			tests:  tests,
		},
	}
}
