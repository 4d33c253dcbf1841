package providertest

// CheckCase runs one case, which must exist.
func CheckCase(h Harness, name string) error {
	for _, c := range cases {
		if c.name == name {
			return newSuite(h).check(c)
		}
	}
	panic("no case " + name)
}

// CaseNames are all cases.
func CaseNames() (names []string) {
	for _, c := range cases {
		names = append(names, c.name)
	}
	return names
}
