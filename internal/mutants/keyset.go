package main

func keysets() []mutant {
	const tests = "./keyset"
	return []mutant{
		{
			breaks: "a lost keyset is replaced by a new one", // attack: A-122
			file:   "keyset/read.go",
			old:    "	if len(cfg.Keyset) == 0 {\n",
			new:    "	if len(cfg.Keyset) == 0 {\n		return generate()\n	}\n	if false {\n",
			tests:  tests,
		},
		{
			breaks: "ciphertexts can be moved to another row", // attack: A-123
			file:   "keyset/keyset.go",
			old:    "return k.aead.Encrypt(plaintext, associatedData)",
			new:    "return k.aead.Encrypt(plaintext, associatedData[:0])",
			tests:  tests,
		},
		{
			breaks: "a missing key looks like a forgery",
			file:   "keyset/keyset.go",
			old:    "!slices.Contains(k.ids, id)",
			new:    "!slices.Contains(k.ids, id) && false",
			tests:  tests,
		},
		{
			breaks: "a keyset in the clear is taken although a KEK is configured",
			file:   "keyset/read.go",
			old:    "case !encrypted && cfg.KEK != nil:",
			new:    "case false:",
			tests:  tests,
		},
		{
			breaks: "parse errors quote the keyset",
			file:   "keyset/read.go",
			old:    `return false, errors.New("keyset: not a Tink keyset in JSON")`,
			new:    `return false, errors.New("keyset: not a Tink keyset in JSON: " + string(keyset))`,
			tests:  tests,
		},
		{
			breaks: "keys without an id in their ciphertexts are taken",
			file:   "keyset/keyset.go",
			old:    "info.GetOutputPrefixType() != tinkpb.OutputPrefixType_TINK",
			new:    "false",
			tests:  tests,
		},
		{
			breaks: "a rotation seals with a key that other replicas do not have",
			file:   "keyset/rotate.go",
			old:    "		_, err := m.Add(aead.AES256GCMKeyTemplate())\n		return err\n",
			new:    "		id, err := m.Add(aead.AES256GCMKeyTemplate())\n		_ = m.SetPrimary(id)\n		return err\n",
			tests:  tests,
		},
		{
			breaks: "a rotated keyset leaves its KEK",
			file:   "keyset/rotate.go",
			old:    "return write(handle, cfg.KEK)",
			new:    "return write(handle, nil)",
			tests:  tests,
		},
		{
			breaks: "a keyset prints its keys",
			file:   "keyset/keyset.go",
			old:    "func (JSON) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, hidden) }",
			new:    "func (j JSON) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, string(j)) }",
			tests:  tests,
		},
		{
			breaks: "a keyset is logged with its keys",
			file:   "keyset/keyset.go",
			old:    "func (JSON) MarshalText()",
			new:    "func (JSON) NoMarshalText()",
			tests:  tests,
		},
	}
}
