package webauthn_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cofactor-mfa/cofactor/cofactortest"
	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/provider/webauthn"
)

type request struct {
	PublicKey struct {
		Challenge, RPID  string
		Timeout          int
		UserVerification string
		AllowCredentials []descriptor
		Hints            []string
	}
}

func TestRequestOptions(t *testing.T) { // attack: A-104
	t.Parallel()
	s, d := newSite(t), newDevice()
	s.enrol(d)
	s.enrol(newDevice())
	named, unnamed := decoded[request](t, s.prompt(s.loginRequest())).PublicKey, decoded[request](t, s.prompt(provider.LoginRequest{Now: s.now})).PublicKey
	if len(named.AllowCredentials) != 2 || named.UserVerification != "preferred" || named.RPID != rpID {
		t.Errorf("a named user is asked %+v", named)
	}
	if unnamed.AllowCredentials != nil || unnamed.UserVerification != "required" || unnamed.RPID != rpID {
		t.Errorf("whoever is there is asked %+v; nothing else is proved, so verification is required", unnamed)
	}
	for _, o := range []int{named.Timeout, unnamed.Timeout} {
		if int64(o) != s.p.Info().TTL.Milliseconds() {
			t.Errorf("the browser has %d ms, and the challenge %v", o, s.p.Info().TTL)
		}
	}
}

// An empty list of keys asks a browser for any key of anybody, so a named user without keys is not asked.
func TestAUserWithoutKeysIsNotAsked(t *testing.T) { // attack
	t.Parallel()
	s := newSite(t)
	if p, err := s.p.LoginHook(t.Context(), s.loginRequest()); err == nil || p.Public != nil {
		t.Error("a prompt was made")
	}
	d := newDevice()
	other := newSite(t)
	other.enrol(d)
	ans := other.begin(d)
	if _, err := s.finish(ans); err == nil {
		t.Error("a user without keys was logged in")
	}
}

func TestNoFaultOfALoginPasses(t *testing.T) { // attack
	t.Parallel()
	for _, fault := range cofactortest.GetFaults() {
		for _, unnamed := range []bool{false, true} {
			s, d := newSite(t), newDevice()
			s.enrol(d)
			d.Fault = fault
			ans := s.begin(d)
			if unnamed {
				ans = s.beginUnnamed(d)
			}
			before := s.factors[0].Data
			_, err := s.finish(ans)
			pass := slices.Contains(passes, fault) && !(unnamed && fault == cofactortest.NotVerified)
			switch {
			case pass && err != nil:
				t.Errorf("%v: %v, and it is no fault here", fault, err)
			case !pass && !denied(err):
				t.Errorf("%v, unnamed %v: %v, want a refusal", fault, unnamed, err)
			case !pass && string(before) != string(s.factors[0].Data):
				t.Errorf("%v: a refused answer changed the record", fault)
			}
		}
	}
}

// Verification and presence are those of the answer at hand, whatever was the case before.
func TestVerificationIsOfThisCeremony(t *testing.T) { // attack
	t.Parallel()
	s, d := newSite(t), newDevice()
	s.enrol(d) // verified
	for _, verified := range []bool{true, false, true, false} {
		d.Flags = cofactortest.UserPresent
		if verified {
			d.Flags |= cofactortest.UserVerified
		}
		m, err := s.login(d)
		if err != nil || m.Verified != verified {
			t.Errorf("verified %v: the match says %v, %v", verified, m.Verified, err)
		}
		if !slices.Equal(m.AMR, []string{"pop", "swk", "user"}) {
			t.Errorf("verified %v: methods %v; a key that nobody attests is swk, and no finger or PIN is claimed", verified, m.AMR)
		}
	}
	s.p = newProvider(t, func(c *webauthn.Config) { c.UserVerification = webauthn.VerificationRequired })
	d.Flags = cofactortest.UserPresent
	if _, err := s.login(d); !denied(err) {
		t.Errorf("without verification where it is required: %v", err)
	}
	d.Flags = cofactortest.UserVerified
	if _, err := s.login(d); !denied(err) {
		t.Errorf("without anybody there: %v", err)
	}
}

// What was required when the prompt was shown is required when it is answered, by whatever replica.
func TestRequirementsAreThoseOfThePrompt(t *testing.T) {
	t.Parallel()
	s, d := newSite(t, func(c *webauthn.Config) { c.UserVerification = webauthn.VerificationRequired }), newDevice()
	s.enrol(d)
	d.Flags = cofactortest.UserPresent
	ans := s.begin(d)
	s.p = newProvider(t)
	if _, err := s.finish(ans); !denied(err) {
		t.Errorf("a replica that requires less: %v", err)
	}
}

// The keys of others, on a challenge of one's own: by their own handle, by the user's, by no handle.
func TestAnothersKeyIsNoKey(t *testing.T) { // attack
	t.Parallel()
	alice, bob := newSite(t), newSite(t)
	bob.user = person(2)
	hers, his := newDevice(), newDevice()
	alice.enrol(hers)
	bob.enrol(his)
	for what, handle := range map[string][]byte{"his own": bob.user.Handle, "her": alice.user.Handle, "no": nil} {
		his.BeforeSigning = func(c *cofactortest.Ceremony) { c.UserHandle = handle }
		for _, prompt := range []provider.Prompt{alice.prompt(alice.loginRequest()), alice.prompt(provider.LoginRequest{Now: start})} {
			o := decoded[request](t, prompt)
			forced := `{"publicKey":{"challenge":"` + o.PublicKey.Challenge + `","rpId":"` + rpID + `"}}`
			response, err := his.Get([]byte(forced))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := alice.finish(provider.Answer{Private: prompt.Private, Response: response}); !denied(err) {
				t.Errorf("his key with %s handle opened her account: %v", what, err)
			}
		}
	}
	hers.BeforeSigning = func(c *cofactortest.Ceremony) { c.UserHandle = bob.user.Handle }
	if _, err := alice.login(hers); !denied(err) {
		t.Errorf("her key with his handle: %v", err)
	}
	hers.BeforeSigning = func(c *cofactortest.Ceremony) { c.UserHandle = nil }
	if _, err := alice.login(hers); err != nil {
		t.Errorf("her key without a handle, as a named user's security key: %v", err)
	}
	if _, err := alice.finish(alice.beginUnnamed(hers)); !denied(err) {
		t.Errorf("a key without a handle where nobody is named: %v", err)
	}
}

// A key that was attached after the prompt was shown was not asked for. // attack: A-112
func TestOnlyKeysThatWereAskedFor(t *testing.T) {
	t.Parallel()
	s, first, second := newSite(t), newDevice(), newDevice()
	s.enrol(first)
	prompt := s.prompt(s.loginRequest())
	s.enrol(second)
	o := decoded[request](t, prompt)
	response, err := second.Get([]byte(`{"challenge":"` + o.PublicKey.Challenge + `","rpId":"` + rpID + `"}`))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.finish(provider.Answer{Private: prompt.Private, Response: response}); !denied(err) {
		t.Errorf("a key that was not in the list: %v", err)
	}
	again, err := s.p.LoginHook(t.Context(), provider.LoginRequest{User: s.user, Factors: s.factors, Previous: prompt.Private, Now: s.now})
	if err != nil || string(options(t, again)) != string(options(t, prompt)) {
		t.Errorf("the prompt, repeated after another key came: %s, want %s (%v)", options(t, again), options(t, prompt), err)
	}
	if _, err := s.finish(s.answer(again, first)); err != nil {
		t.Errorf("the key that was asked for: %v", err)
	}
}

func TestTwoKeysOfOneUser(t *testing.T) {
	t.Parallel()
	s, devices := newSite(t), []*cofactortest.Authenticator{newDevice(), newDevice()}
	for i, d := range devices {
		s.enrol(d)
		for range 2 {
			m, err := s.login(d)
			if err != nil || m.FactorID != s.factors[i].ID {
				t.Errorf("key %d is factor %q: %v", i+1, m.FactorID, err)
			}
		}
	}
	// A record that cannot be read is not in the way of the other; alone it is no verdict.
	broken := s.factors[0].Data
	s.factors[0].Data = append([]byte{99}, broken[1:]...)
	if _, err := s.login(devices[1]); err != nil {
		t.Errorf("beside a damaged record: %v", err)
	}
	s.factors = s.factors[:1]
	if _, err := s.p.LoginHook(t.Context(), s.loginRequest()); err == nil || denied(err) {
		t.Errorf("a damaged record alone: %v; want an error that is no verdict", err)
	}
}

func TestLocateReadsTheClaim(t *testing.T) {
	t.Parallel()
	s, d := newSite(t), newDevice()
	e := s.enrol(d)
	ans := s.beginUnnamed(d)
	if h, err := s.p.Locate(t.Context(), ans); err != nil || h != e.Handle {
		t.Errorf("the claim is %q: %v", h, err)
	}
	for _, response := range []string{
		"", "null", "{}", "[]", `{"id":""}`, `{"id":1}`, `{"id":"="}`, `{"id":"A"}`, `{"id":"` + strings.Repeat("A", 1368) + `"}`, `{"id":"AAAA"}` + strings.Repeat(" ", 64<<10),
	} {
		if h, err := s.p.Locate(t.Context(), provider.Answer{Response: json.RawMessage(response)}); !denied(err) || h != "" {
			t.Errorf("%.30s: the claim is %q: %v", response, h, err)
		}
	}
	one, two := `{"id":"AQ"}`, `{"id":"AR"}` // the same byte, in two spellings
	a, _ := s.p.Locate(t.Context(), provider.Answer{Response: json.RawMessage(one)})
	b, _ := s.p.Locate(t.Context(), provider.Answer{Response: json.RawMessage(two)})
	if a != b || a != "AQ" {
		t.Errorf("one id has the handles %q and %q", a, b)
	}
}

// Whether a key was backed up may change, and is kept; whether it may be backed up must not.
func TestBackupFlags(t *testing.T) { // attack: A-114
	t.Parallel()
	s, d := newSite(t), newDevice()
	d.CounterStep = 0
	d.Flags |= cofactortest.BackupEligible
	if e := s.enrol(d); e.Hint != webauthn.HintUnsynced {
		t.Errorf("the hint of a key that is not backed up yet is %q", e.Hint)
	}
	for _, step := range []struct {
		flags            cofactortest.Flags
		hint, note       string
		changed, refused bool
	}{
		{cofactortest.BackupEligible, "", "", false, false},
		{cofactortest.BackupEligible | cofactortest.BackedUp, webauthn.HintSynced, "the key has been backed up", true, false},
		{cofactortest.BackupEligible | cofactortest.BackedUp, "", "", false, false},
		{0, "", "", false, true},
		{cofactortest.BackedUp, "", "", false, true},
		{cofactortest.BackupEligible, webauthn.HintUnsynced, "the key is no longer backed up", true, false},
	} {
		d.Flags = cofactortest.UserPresent | cofactortest.UserVerified | step.flags
		m, err := s.login(d)
		if denied(err) != step.refused || m.Hint != step.hint || m.Note != step.note || (m.Data != nil) != step.changed {
			t.Errorf("flags %b: hint %q, note %q, record changed %v, %v; want %+v", step.flags, m.Hint, m.Note, m.Data != nil, err, step)
		}
	}
}

// A hint says what can be certain: synced, not synced yet, only on this device.
func TestHints(t *testing.T) {
	t.Parallel()
	for flags, want := range map[cofactortest.Flags]string{
		0: webauthn.HintBound, cofactortest.BackupEligible: webauthn.HintUnsynced, cofactortest.BackupEligible | cofactortest.BackedUp: webauthn.HintSynced,
	} {
		s, d := newSite(t), newDevice()
		d.Flags |= flags
		if e := s.enrol(d); e.Hint != want {
			t.Errorf("flags %b: %q, want %q", flags, e.Hint, want)
		}
	}
}

// Transports that are known come back in the list; others are dropped.
func TestTransports(t *testing.T) {
	t.Parallel()
	s, d := newSite(t), newDevice()
	ans := s.beginSetup(d)
	var response map[string]any
	if err := json.Unmarshal(ans.Response, &response); err != nil {
		t.Fatal(err)
	}
	inner, _ := response["response"].(map[string]any)
	inner["transports"] = []string{"usb", "nfc", "internal", "hybrid", "ble", "smart-card", "carrier-pigeon", "usb"}
	ans.Response, _ = json.Marshal(response)
	e, err := s.finishSetup(ans)
	if err != nil {
		t.Fatal(err)
	}
	s.factors = []provider.Factor{{ID: "f-1", Data: e.Data}}
	got := decoded[request](t, s.prompt(s.loginRequest())).PublicKey.AllowCredentials
	if len(got) != 1 || !slices.Equal(got[0].Transports, []string{"usb", "nfc", "ble", "smart-card", "hybrid", "internal"}) {
		t.Errorf("the list is %v", got)
	}
}

// The time is the request's: an answer is worth the same in any century.
func TestNoClock(t *testing.T) {
	t.Parallel()
	for _, years := range []int{-50, 0, 200} {
		s, d := newSite(t), newDevice()
		s.now = start.AddDate(years, 0, 0)
		s.enrol(d)
		if _, err := s.login(d); err != nil {
			t.Errorf("%d: %v", s.now.Year(), err)
		}
	}
}

// A key without a signature counter does not change at a login, so nothing has to be written but that it was used.
func TestNothingToWrite(t *testing.T) {
	t.Parallel()
	s, d := newSite(t), newDevice()
	d.CounterStep = 0
	s.enrol(d)
	if m, err := s.login(d); err != nil || m.Data != nil || m.Note != "" || m.Hint != "" {
		t.Errorf("data %x, note %q, hint %q: %v", m.Data, m.Note, m.Hint, err)
	}
}

func TestDamagedStateIsNoVerdict(t *testing.T) { // attack: A-105
	t.Parallel()
	s, d := newSite(t), newDevice()
	s.enrol(d)
	good := s.begin(d)
	for what, private := range map[string][]byte{
		"nothing": nil, "a version": {1}, "zeros": make([]byte, len(good.Private)), "another version": append([]byte{2}, good.Private[1:]...),
		"no challenge": {1, 2, 1, 0, 0, 0, 0}, "cut short": good.Private[:len(good.Private)-1], "a byte more": append(slices.Clone(good.Private), 0),
	} {
		for _, err := range []error{
			second(s.p.LoginVerify(context.Background(), s.loginRequest(), provider.Answer{Private: private, Response: good.Response})),
			second(s.p.SetupVerify(context.Background(), s.setupRequest(), provider.Answer{Private: private, Response: good.Response})),
		} {
			if err == nil || denied(err) {
				t.Errorf("%s: %v; want an error that is no verdict", what, err)
			}
		}
	}
}

func second[T any](_ T, err error) error { return err }

// A key counts as many signatures as it likes, and each is kept; so does the end of all counting.
func TestCounterIsKept(t *testing.T) { // attack: A-102
	t.Parallel()
	s, d := newSite(t), newDevice()
	s.enrol(d)
	for _, c := range []uint32{2, 3, 10, 11, 1 << 31, 1<<32 - 1} {
		d.Credentials()[0].Counter = c - 1
		if _, err := s.login(d); err != nil {
			t.Errorf("a counter that goes on to %d: %v", c, err)
		}
		d.Fault = cofactortest.OldCounter
		if _, err := s.login(d); !errors.Is(err, provider.ErrCompromised) {
			t.Errorf("the counter %d for the second time: %v", c, err)
		}
		d.Fault = cofactortest.NoFault
	}
}

// A counter that went back disables the factor, or is noted, and is in the event in either case.
func TestCounterThatWentBack(t *testing.T) { // attack: A-102
	t.Parallel()
	for _, counters := range [][2]uint32{{11, 3}, {11, 10}, {11, 11}, {11, 0}, {1, 0}} {
		for _, mode := range []webauthn.Counter{webauthn.RefuseClones, webauthn.ReportClones} {
			s, d := newSite(t, func(c *webauthn.Config) { c.Counter = mode }), newDevice()
			d.BeforeSigning = func(c *cofactortest.Ceremony) { c.Counter = counters[0] }
			s.enrol(d)
			stored := string(s.factors[0].Data)
			d.BeforeSigning = func(c *cofactortest.Ceremony) { c.Counter = counters[1] }
			m, err := s.login(d)
			if m.FactorID != s.factors[0].ID || !strings.Contains(m.Note, "went back") {
				t.Errorf("%v: factor %q, note %q", counters, m.FactorID, m.Note)
			}
			if want := mode == webauthn.RefuseClones; errors.Is(err, provider.ErrCompromised) != want || (err != nil) != want {
				t.Errorf("%v: compromised %v; want %v", counters, err, want)
			}
			if string(s.factors[0].Data) != stored {
				t.Errorf("%v: the counter that was seen last was forgotten, and with it the next warning", counters)
			}
			if !slices.Equal(m.AMR, []string{"pop", "swk", "user"}) && err == nil {
				t.Errorf("%v: methods %v", counters, m.AMR)
			}
		}
	}
}

// Two answers that were both asked for before either came may come in any order. The one that was signed first and comes last is no clone's for certain, so
// the key is not disabled; nor is it certain that it is not, so the answer is refused. The counter that stays is the higher one.
func TestAnswersThatOvertakeEachOther(t *testing.T) { // attack: A-102
	t.Parallel()
	for _, mode := range []webauthn.Counter{webauthn.RefuseClones, webauthn.ReportClones} {
		for _, unnamed := range []bool{false, true} {
			s, d := newSite(t, func(c *webauthn.Config) { c.Counter = mode }), newDevice()
			d.BeforeSigning = func(c *cofactortest.Ceremony) { c.Counter += 10 }
			s.enrol(d)
			begin := s.begin
			if unnamed {
				begin = s.beginUnnamed
			}
			twelve, thirteen := begin(d), begin(d)
			if _, err := s.finish(thirteen); err != nil {
				t.Fatal(err)
			}
			stored := string(s.factors[0].Data)
			m, err := s.finish(twelve)
			if errors.Is(err, provider.ErrCompromised) {
				t.Error("a key was disabled because two tabs were open")
			}
			if accepted := mode == webauthn.ReportClones; (err == nil) != accepted || accepted && !strings.Contains(m.Note, "behind") {
				t.Errorf("the answer that was overtaken: %v, note %q", err, m.Note)
			}
			if string(s.factors[0].Data) != stored {
				t.Error("the lower counter was kept")
			}
			if _, err := s.finish(thirteen); errors.Is(err, provider.ErrCompromised) {
				t.Error("a key was disabled because its answer was sent twice")
			}
			s.now = s.now.Add(time.Minute)
			ordered := []provider.Answer{begin(d), begin(d)}
			for _, ans := range ordered {
				if _, err := s.finish(ans); err != nil {
					t.Errorf("two answers in order: %v", err)
				}
			}
			if mode == webauthn.RefuseClones {
				d.Credentials()[0].Counter = 1
				if _, err := s.finish(begin(d)); !errors.Is(err, provider.ErrCompromised) {
					t.Errorf("a copy, later: %v", err)
				}
			}
		}
	}
}

// Prompts are shown by one replica and answered at another, whose clock may be behind.
func TestClocksOfReplicasDisableNoKey(t *testing.T) { // attack: A-102
	t.Parallel()
	for _, unnamed := range []bool{false, true} {
		s, d := newSite(t), newDevice()
		s.enrol(d)
		begin := s.begin
		if unnamed {
			begin = s.beginUnnamed
		}
		s.now = s.now.Add(5 * time.Second) // ahead
		ans := begin(d)
		s.now = s.now.Add(-4 * time.Second) // a second later
		if _, err := s.finish(ans); err != nil {
			t.Fatal(err)
		}
		if _, err := s.finish(ans); !errors.Is(err, provider.ErrRejected) || errors.Is(err, provider.ErrCompromised) {
			t.Errorf("an answer that was sent twice, to a replica whose clock is behind: %v; want no more than a no", err)
		}
	}
}

// The handle is how a store finds a key: the credential id, whole.
func TestHandleIsTheCredentialID(t *testing.T) { // attack: A-103
	t.Parallel()
	s, d := newSite(t), newDevice()
	id := []byte(strings.Repeat("\xff", 1023))
	d.BeforeSigning = func(c *cofactortest.Ceremony) { c.CredentialID, c.RawID = id, id }
	e := s.enrol(d)
	if e.Handle != base64.RawURLEncoding.EncodeToString(id) || len(e.Handle) > 2<<10 {
		t.Errorf("the handle of an id of 1023 bytes is %.40q…, %d bytes", e.Handle, len(e.Handle))
	}
	d = newDevice()
	d.BeforeSigning = func(c *cofactortest.Ceremony) { c.CredentialID, c.RawID = []byte{}, []byte{} }
	if _, err := s.finishSetup(s.beginSetup(d)); !denied(err) {
		t.Errorf("a key without an id: %v", err)
	}
}
