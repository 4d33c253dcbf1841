package main

func webauthns() []mutant {
	const (
		login       = "provider/webauthn/login.go"
		setup       = "provider/webauthn/setup.go"
		response    = "provider/webauthn/response.go"
		session     = "provider/webauthn/session.go"
		attestation = "provider/webauthn/attestation.go"
		metadata    = "provider/webauthn/metadata.go"
		jws         = "provider/webauthn/jws.go"
		tests       = "./provider/webauthn"
	)
	return []mutant{
		{"a named user without keys is asked for anybody's key", login, "named && len(keys) == 0", "named && false", tests, ""}, // attack: A-112
		{"a key is accepted that was not in the list", session, "return s.ceremony == find || slices.Contains(s.allowed, digestOf(credentialID))", "return true", tests, ""},
		{"nobody is named, and the key does not say whose it is", login, "s.ceremony == find && len(parsed.Response.UserHandle) == 0", "false", tests, ""},
		{"a login may run on any page that the library takes for the same", login, "	if !p.fromHere(parsed.Response.CollectedClientData) {", "	if false {", tests, ""}, // attack: A-110
		{"a set-up may run on any page that the library takes for the same", setup, "!p.fromHere(parsed.Response.CollectedClientData)", "false", tests, ""},
		{"a login is right whatever the library finds", login, "parsed); err != nil {\n		return provider.Match{}, refused(\"assertion\")", "parsed); false {\n		return provider.Match{}, refused(err.Error())", tests, ""}, // attack: A-101
		{"verification is the prompt's wish and not the answer's flag", login, "Verified: data.Flags.HasUserVerified()", "Verified: s.wish != VerificationDiscouraged", tests, ""},                                         // attack: A-99
		{"whoever is not named need not be verified", login, "newSession(find, VerificationRequired, req.Now)", "newSession(find, p.cfg.UserVerification, req.Now)", tests, ""},
		{"the state of a set-up logs in", login, "readSession(ans.Private, get, find)", "readSession(ans.Private, get, find, create)", tests, ""}, // attack: A-25
		{"the state of a login enrols", setup, "readSession(ans.Private, create)", "readSession(ans.Private, create, get, find)", tests, ""},
		{"an empty challenge is a challenge", session, " || len(s.challenge) != challengeSize", "", tests, ""},                                                       // attack: A-105
		{"a key that counts backwards is accepted", "provider/webauthn/counter.go", "Before(shown):\n		return behind", "Before(shown):\n		return onward", tests, ""}, // attack: A-102
		{"two tabs disable a key", "provider/webauthn/counter.go", "	return overtaken", "	return behind", tests, ""},
		{"an answer that was overtaken is accepted, as a copy's would be", login, "case verdict == overtaken && p.cfg.Counter == RefuseClones:", "case false:", tests, ""},
		{"the counter is not kept", login, "if now.counter != k.counter || now.backedUp != k.backedUp {", "if now.backedUp != k.backedUp {", tests, ""},
		{"a change of the backup state is forgotten", login, "if now.counter != k.counter || now.backedUp != k.backedUp {", "if now.counter != k.counter {", tests, ""},
		{"a key's eligibility for backup may change", login, "	if k.eligible {\n", "	if false {\n", tests, ""},     // attack: A-114
		{"a login of any size is parsed", response, "	if len(response) > maxResponse {", "	if false {", tests, ""}, // attack: A-109
		{"a claim of any size is parsed", login, "	if len(ans.Response) > maxResponse {", "	if false {", tests, ""},
		{"a key of any size is kept", response, "	if len(cose) > maxPublicKey {", "	if false {", tests, ""},
		{"a public key is looked at only when it is used", setup, "err := checkKey(data.AttData.CredentialPublicKey, s.algorithms); err != nil", "err := checkKey(data.AttData.CredentialPublicKey, s.algorithms); false && err != nil", tests, ""}, // attack: A-107
		{"an algorithm that was not offered is accepted", response, "alg == fit && slices.Contains(offered, alg)", "alg == fit || slices.Contains(offered, alg)", tests, ""},
		{"an RSA key may be called ES256", response, "alg == fit && slices.Contains(offered, alg)", "fit != 0 && slices.Contains(offered, alg)", tests, ""},
		{"RSA keys may have any exponent", response, "e < 3 || e%2 == 0", "e < 1", tests, ""},
		{"RSA keys may be short", response, "bits < 2048", "bits < 256", tests, ""},
		{"a user may have no handle", login, "len(handle) < 16 || len(handle) > 64", "false", tests, ""},
		{"a key that the user has is not excluded", setup, "	for _, k := range have {", "	for _, k := range have[:0] {", tests, ""},
		{"the browser has longer than the challenge", setup, "int(p.cfg.Timeout.Milliseconds())", "int(2*p.cfg.Timeout.Milliseconds())", tests, ""}, // attack: A-104
		{"a list that lacks keys is signalled", "provider/webauthn/signal.go", "		if err != nil {\n			return nil, err\n		}\n		ids[i]", "		if err != nil {\n			continue\n		}\n		ids[i]", tests, ""},
		{"an empty name is signalled as the user's new one", "provider/webauthn/signal.go", "name, display := names(u); name != \"\"", "name, display := names(u); name != \"-\"", tests, ""},

		{"no attestation will do where it is required", attestation, "a.Demand == RequireAttestation && !attested,", "a.Demand > RequireAttestation && !attested,", tests, ""}, // attack: A-106
		{"a key vouches for itself", attestation, " && byMaker(made.AttestationType)\n\tif attested {\n\t\tk.chain = b.chain(k.model, x5c)\n\t\tattested = len(k.chain) > 0", "\n\tif attested {\n\t\tk.chain = b.chain(k.model, x5c)", tests, ""},
		{"an unknown maker vouches", attestation, " && b.vouches(k.model)", "", tests, ""},
		{"makers' statements are not compared with the metadata", attestation, "cfg.MDS = b.lookup", "cfg.MDS = nil", tests, ""},
		{"keys of a model that is not allowed are accepted", attestation, "len(a.Allow) > 0 && !slices.Contains(a.Allow, k.model),", "false,", tests, ""},
		{"keys of a model that is denied are accepted", attestation, "slices.Contains(a.Deny, k.model),", "false,", tests, ""},
		{"new keys of a broken model are accepted", attestation, "b != nil && len(b.undesired(k.model, k.chain, now)) > 0:", "false:", tests, ""},
		{"a program without metadata knows of no broken model", attestation, "if b == nil && a.BadStatus == DisableBadStatus {", "if false {", tests, "WithoutMetadata"},
		{"verification that can be got round counts", login, "m.Verified = m.Verified && !slices", "_ = !slices", tests, "GotRound"}, // attack: A-98
		{"the clocks of replicas disable a key", "provider/webauthn/counter.go", "k.counted.Add(clocksApart)", "k.counted", tests, "Clocks"},
		{"what was in hardware once is for ever", attestation, "k.hardware && b.keepsInHardware(k.model)\n}", "k.hardware\n}", tests, "WithoutMetadata"}, // nist: N17
		{"a report about a root is about nobody", metadata, "slices.Concat(sent[1:], b.entries[model].MetadataStatement.AttestationRootCertificates)", "sent[1:]", tests, "Root"},
		{"a chain may be as long as anybody likes", metadata, "len(x5c) == 0 || len(x5c) > maxChain", "len(x5c) == 0", tests, "Chains"},
		{"a key that can be copied is in hardware", attestation, "k.hardware = attested && !k.eligible && ", "k.hardware = attested && ", tests, ""}, // nist: N17
		{"any attested key is in hardware", metadata, "return e != nil && slices.Contains(e.MetadataStatement.KeyProtection, \"hardware\") && ", "return e != nil && ", tests, ""},
		{"a key in software is in hardware too", metadata, " && !slices.Contains(e.MetadataStatement.KeyProtection, \"software\")", "", tests, ""},
		{"stale metadata are as good as new ones", attestation, "case a.Stale == RefuseStale && b.stale(now):", "case false:", tests, ""},
		{"no metadata will do where attestation is required", attestation, "case b == nil:\n		return nil, errors.New(\"webauthn: attestation", "case b == nil && now.IsZero():\n		return nil, errors.New(\"webauthn: attestation", tests, ""},
		{"a broken model's key goes on where it should be disabled", login, "case len(bad) > 0 && p.cfg.Attestation.BadStatus == DisableBadStatus:", "case false:", tests, ""},
		{"a broken model's key is still in hardware", login, "	case len(bad) > 0:", "	case len(bad) > 0 && !hardware:", tests, ""},
		{"reports of the future, or of the past, count", metadata, "range metadata.EffectiveStatusReports(e.StatusReports, now)", "range e.StatusReports", tests, ""},
		{"a report about one batch is about all", metadata, "(r.Certificate == nil && r.BatchCertificate == nil)", "true", tests, ""},
		{"metadata go back", metadata, "(before != nil && b.number < before.number)", "false", tests, ""},
		{"metadata go back at a restart", metadata, "b.number < m.least || ", "", tests, ""},
		{"metadata may come from any web server of the root's", jws, "DNSName: m.host, ", "", tests, ""},
		{"metadata need no signature", jws, "if !signatureIs(", "if false && !signatureIs(", tests, ""},
		{"metadata need no root", jws, "if _, err := certs[0].Verify(o); err != nil {", "if _, err := certs[0].Verify(o); false && err != nil {", tests, ""},
		{"a signer may have expired", jws, "CurrentTime: now, ", "CurrentTime: certs[0].NotBefore, ", tests, ""},
		{"a signer is fetched", jws, "header.X5U != nil || header.Crit != nil", "false", tests, ""},
		{"the algorithm of a signature is the header's word", jws, "alg == \"RS256\" && ", "", tests, ""},

		{"a key of another tenant is forgotten", "registry/finish.go", "errors.Is(err, factor.ErrNowhere)", "errors.Is(err, factor.ErrNotFound)", "./registry", "Forgotten"}, // attack: A-143
		{"a store takes a foreign handle for none at all", "factor/memory.go", "	case u.tenant != tenant:\n		return Factor{}, ErrNotFound", "	case u.tenant != tenant:\n		return Factor{}, ErrNowhere", "./factor ./registry", ""},
	}
}
