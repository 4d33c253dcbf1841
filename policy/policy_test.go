package policy_test

import (
	"testing"
	"time"

	"github.com/cofactor-mfa/cofactor/policy"
)

var (
	pwd = []string{"pwd"}

	kinds = []policy.Kind{
		{Name: "totp", Class: policy.Possession, Lifetime: 90 * time.Second},
		{Name: "sms", Channel: "phone", Class: policy.Possession},
		{Name: "voice", Channel: "phone", Class: policy.Possession},
		{Name: "email", Channel: "email", Class: policy.Possession},
		{Name: "webauthn", Class: policy.Possession, PhishingResistant: true},
		{Name: "pin", Class: policy.Knowledge},
		{Name: "backup", Class: policy.Possession, StandIn: true},
		{Name: "device", Class: policy.Possession, Trusted: true},
	}

	app    = policy.Factor{ID: "app", Kind: "totp", Class: policy.Possession, Usable: true}
	sms    = policy.Factor{ID: "sms", Kind: "sms", Channel: "phone", Class: policy.Possession, Usable: true}
	voice  = policy.Factor{ID: "voice", Kind: "voice", Channel: "phone", Class: policy.Possession, Usable: true}
	key    = policy.Factor{ID: "key", Kind: "webauthn", Class: policy.Possession, PhishingResistant: true, Usable: true}
	mail   = policy.Factor{ID: "mail", Kind: "email", Channel: "email", Class: policy.Possession, Usable: true}
	pin    = policy.Factor{ID: "pin", Kind: "pin", Class: policy.Knowledge, Usable: true}
	broken = policy.Factor{ID: "app", Kind: "totp", Class: policy.Possession}

	byApp      = step(app, "otp")
	bySMS      = step(sms, "otp", "sms")
	byVoice    = step(voice, "otp", "tel")
	byMail     = step(mail)
	byPIN      = step(pin, "pin")
	byKey      = step(key, "hwk")
	byKeyUV    = verified(byKey)
	byRecovery = policy.Step{Factor: "codes", Kind: "backup", Class: policy.Possession, AMR: []string{"otp"}, StandIn: true}
	byRecover2 = policy.Step{Factor: "code", Kind: "issued", Class: policy.Knowledge, StandIn: true}
	byBrowser  = policy.Step{Factor: "browser", Kind: "device", Class: policy.Possession, AMR: []string{"swk"}, Trusted: true}
)

func step(f policy.Factor, amr ...string) policy.Step {
	return policy.Step{Factor: f.ID, Kind: f.Kind, Channel: f.Channel, Class: f.Class, PhishingResistant: f.PhishingResistant, AMR: amr, At: time.Unix(1, 0)}
}

func verified(s policy.Step) policy.Step {
	s.Verified = true
	return s
}

// facts are those of a login at noon, with all kinds configured.
func facts(primary []string, factors fs, steps ss) policy.Facts {
	return policy.Facts{Circumstances: policy.Circumstances{Primary: primary, Now: noon}, Kinds: kinds, Factors: factors, Steps: steps}
}

var noon = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

type (
	fs = []policy.Factor
	ss = []policy.Step
)

// attack
func TestDecisions(t *testing.T) {
	t.Parallel()
	optional, required, two := policy.Optional(), policy.Required(), policy.AtLeast(2)
	for name, tc := range map[string]struct {
		policy    policy.Policy
		primary   []string
		factors   fs
		steps     ss
		satisfied bool
		mayEnroll bool
	}{
		"optional, none attached":                  {optional, pwd, nil, nil, true, true},
		"optional, one attached":                   {optional, pwd, fs{app}, nil, false, false},
		"optional, one proved":                     {optional, pwd, fs{app, key}, ss{byApp}, true, false},
		"optional, one that cannot be used":        {optional, pwd, fs{broken}, nil, false, false},
		"optional, a recovery code":                {optional, pwd, fs{broken}, ss{byRecovery}, true, false},
		"optional, a trusted browser":              {optional, pwd, fs{app}, ss{byBrowser}, true, false},
		"required, none attached":                  {required, pwd, nil, nil, false, true},
		"required, none attached, by a code":       {required, pwd, nil, ss{byRecovery}, true, true},
		"required, none attached, by a browser":    {required, pwd, nil, ss{byBrowser}, false, true},
		"required, one proved":                     {required, pwd, fs{app}, ss{byApp}, true, false},
		"two, none attached":                       {two, pwd, nil, nil, false, true},
		"two, one attached, not proved":            {two, pwd, fs{app}, nil, false, false},
		"two, one attached, proved":                {two, pwd, fs{app}, ss{byApp}, false, true},
		"two attached, one proved":                 {two, pwd, fs{app, key}, ss{byApp}, false, false},
		"two attached, one proved twice":           {two, pwd, fs{app, key}, ss{byApp, byApp}, false, false},
		"two attached, both proved":                {two, pwd, fs{app, key}, ss{byApp, byKey}, true, false},
		"two, of one channel":                      {two, pwd, fs{sms, voice}, ss{bySMS, byVoice}, false, true},
		"two, one and a recovery code":             {two, pwd, fs{app, key}, ss{byApp, byRecovery}, true, false},
		"two, two recovery codes":                  {two, pwd, fs{app, key}, ss{byRecovery, byRecover2}, false, false},
		"two, one and a trusted browser":           {two, pwd, fs{app, key}, ss{byBrowser}, true, false},
		"two, one attached and a trusted browser":  {two, pwd, fs{app}, ss{byBrowser}, false, false},
		"three channels and a voice":               {policy.AtLeast(3), pwd, fs{app, sms, voice, key}, ss{byApp, bySMS, byVoice}, false, false},
		"nobody named, a key that asked who it is": {required, nil, fs{key}, ss{byKeyUV}, true, false},
		"nobody named, a key in anybody's hand":    {required, nil, fs{key}, ss{byKey}, false, false},
		"nobody named, optional":                   {optional, nil, fs{key}, ss{byKey}, false, false},
		"none at all":                              {policy.AtLeast(0), pwd, nil, ss{byApp, byKey}, false, false},
		"fewer than none":                          {policy.AtLeast(-1), pwd, fs{app}, ss{byApp}, false, false},
	} {
		d := tc.policy.Decide(facts(tc.primary, tc.factors, tc.steps))
		if d.Satisfied != tc.satisfied || d.MayEnroll() != tc.mayEnroll {
			t.Errorf("%s: satisfied %v, may enrol %v; want %v, %v (%s)", name, d.Satisfied, d.MayEnroll(), tc.satisfied, tc.mayEnroll, d.Reason)
		}
		if d.Reason == "" {
			t.Errorf("%s: no reason", name)
		}
	}
}

// nist: N17, N24
func TestAssurance(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		primary []string
		steps   ss
		aal     int
		amr     []string
	}{
		"nothing":                        {nil, nil, 0, nil},
		"a password":                     {pwd, nil, 1, []string{"pwd"}},
		"a password and another":         {[]string{"pwd", "kba"}, nil, 1, []string{"kba", "pwd"}},
		"a federated login":              {[]string{"fed"}, nil, 1, []string{"fed"}},
		"a claim of mfa":                 {[]string{"pwd", "mfa"}, nil, 1, []string{"pwd"}},
		"a password and a code":          {pwd, ss{byApp}, 2, []string{"mfa", "otp", "pwd"}},
		"a code and a code":              {[]string{"otp"}, ss{byApp}, 1, []string{"otp"}},
		"a password and a recovery code": {pwd, ss{byRecovery}, 1, []string{"pwd"}},
		"a trusted browser":              {pwd, ss{byBrowser}, 1, []string{"pwd"}},
		"a key":                          {nil, ss{byKey}, 1, []string{"hwk"}},
		"a key that verified":            {nil, ss{byKeyUV}, 3, []string{"hwk", "mfa"}},
		"a password and a key":           {pwd, ss{byKey}, 3, []string{"hwk", "mfa", "pwd"}},
		"a password and a synced key":    {pwd, ss{step(key, "swk")}, 2, []string{"mfa", "pwd", "swk"}},
		"a hardware token's code":        {pwd, ss{step(app, "hwk")}, 2, []string{"hwk", "mfa", "pwd"}},
		"everything":                     {pwd, ss{byApp, bySMS, byKeyUV, byRecovery, byBrowser}, 3, []string{"hwk", "mfa", "otp", "pwd", "sms"}},
	} {
		if got := policy.AAL(tc.primary, tc.steps); got != tc.aal {
			t.Errorf("%s: AAL %d, want %d", name, got, tc.aal)
		}
		if got := policy.AMR(tc.primary, tc.steps); !equal(got, tc.amr) {
			t.Errorf("%s: AMR %q, want %q", name, got, tc.amr)
		}
	}
}

func equal(a, b []string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}
