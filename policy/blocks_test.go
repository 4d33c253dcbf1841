package policy_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cofactor-mfa/cofactor/policy"
)

// sso is what an identity provider says that has asked for two factors itself.
var sso = []string{"fed", "mfa"}

// want is what a decision should be: "yes", "grace", or "no"; then what is left to prove, and what may be attached.
type want struct {
	answer string
	next   string
	enroll string
}

func got(f policy.Facts, d policy.Decision) want {
	w := want{answer: "no"}
	if d.Satisfied {
		w.answer = "yes"
	}
	if d.InGrace {
		w.answer = "grace"
	}
	var next, enroll []string
	for i, a := range f.Factors {
		if d.Next.Has(i) {
			next = append(next, a.ID)
		}
	}
	for i, k := range f.Kinds {
		if d.Enroll.Has(i) {
			enroll = append(enroll, k.Name)
		}
	}
	w.next, w.enroll = strings.Join(next, " "), strings.Join(enroll, " ")
	return w
}

func about(f policy.Facts, edit func(*policy.Circumstances)) policy.Facts {
	edit(&f.Circumstances)
	return f
}

// attack
// nist: N12, N28, N32
func TestBlocks(t *testing.T) {
	t.Parallel()
	const everything = "totp sms voice email webauthn pin"
	admin := func(c *policy.Circumstances) { c.Roles = []string{"clerk", "admin"} }
	unstated := func(c *policy.Circumstances) { c.Unstated = true }
	day := 24 * time.Hour
	ended := func(c *policy.Circumstances) { c.GraceUntil = noon }
	running := func(c *policy.Circumstances) { c.GraceUntil = noon.Add(time.Millisecond) }
	byRole := policy.When(policy.HasRole("admin"), policy.AtLeast(2), policy.Required())
	byRisk := policy.When(policy.RiskAtLeast(policy.MediumRisk), policy.NoTrustedBrowser(policy.Required()), policy.Required())
	rated := func(r policy.Risk) policy.Facts {
		return about(facts(pwd, fs{app}, ss{byBrowser}), func(c *policy.Circumstances) { c.Risk = r })
	}
	for name, tc := range map[string]struct {
		policy policy.Policy
		facts  policy.Facts
		want   want
	}{
		"all of, one proved":          {policy.AllOf(policy.Only(policy.Required(), "totp"), policy.Only(policy.Required(), "webauthn")), facts(pwd, fs{app, key}, ss{byApp}), want{"no", "key", ""}},
		"all of, both proved":         {policy.AllOf(policy.Only(policy.Required(), "totp"), policy.Only(policy.Required(), "webauthn")), facts(pwd, fs{app, key}, ss{byApp, byKey}), want{"yes", "", ""}},
		"all of, one attached":        {policy.AllOf(policy.Only(policy.Required(), "totp"), policy.Only(policy.Required(), "webauthn")), facts(pwd, fs{app}, nil), want{"no", "app", ""}},
		"all of, one attached proved": {policy.AllOf(policy.Only(policy.Required(), "totp"), policy.Only(policy.Required(), "webauthn")), facts(pwd, fs{app}, ss{byApp}), want{"no", "", "webauthn"}},
		"all of, what is left first":  {policy.AllOf(policy.Only(policy.AtLeast(2), "totp", "sms"), policy.Only(policy.Required(), "webauthn")), facts(pwd, fs{app, sms}, ss{byApp}), want{"no", "sms", ""}},
		"all of nothing":              {policy.AllOf(), facts(pwd, fs{app}, ss{byApp}), want{"no", "", ""}},
		"one of, either":              {policy.OneOf(policy.Only(policy.Required(), "webauthn"), policy.AtLeast(2)), facts(pwd, fs{app, sms, key}, nil), want{"no", "app sms key", ""}},
		"one of, the second":          {policy.OneOf(policy.Only(policy.Required(), "webauthn"), policy.AtLeast(2)), facts(pwd, fs{app, sms, key}, ss{byApp, bySMS}), want{"yes", "", ""}},
		"one of, half of each":        {policy.OneOf(policy.Only(policy.Required(), "webauthn"), policy.AtLeast(2)), facts(pwd, fs{app}, ss{byApp}), want{"no", "", everything}},
		"one of, what is left first":  {policy.OneOf(policy.Only(policy.Required(), "webauthn"), policy.AtLeast(2)), facts(pwd, fs{app, sms}, ss{byApp}), want{"no", "sms", ""}},
		"one of nothing":              {policy.OneOf(), facts(pwd, fs{app}, ss{byApp}), want{"no", "", ""}},

		"role, another":                  {byRole, facts(pwd, fs{app, key}, ss{byApp}), want{"yes", "", ""}},
		"role, this one":                 {byRole, about(facts(pwd, fs{app, key}, ss{byApp}), admin), want{"no", "key", ""}},
		"role, nobody has said":          {byRole, about(facts(nil, fs{app, key}, ss{byKeyUV}), unstated), want{"no", "app", ""}},
		"tenant, nobody has said others": {policy.When(policy.InTenant("acme"), policy.AtLeast(2), policy.Required()), about(facts(nil, fs{app, key}, ss{byKeyUV}), unstated), want{"yes", "", ""}},
		"attribute":                      {policy.When(policy.HasAttribute("staff", "yes"), policy.AtLeast(2), policy.Required()), about(facts(pwd, fs{app, key}, ss{byApp}), func(c *policy.Circumstances) { c.Attributes = []policy.Attribute{{Name: "staff", Value: "yes"}} }), want{"no", "key", ""}},
		"attribute, another value":       {policy.When(policy.HasAttribute("staff", "yes"), policy.AtLeast(2), policy.Required()), about(facts(pwd, fs{app, key}, ss{byApp}), func(c *policy.Circumstances) { c.Attributes = []policy.Attribute{{Name: "staff", Value: "no"}} }), want{"yes", "", ""}},
		"first factor":                   {policy.When(policy.SignedInBy("fed"), policy.Optional(), policy.Required()), facts(sso, nil, nil), want{"yes", "", everything}},
		"a condition without a test":     {policy.When(policy.Condition{}, policy.AtLeast(2), policy.Required()), facts(pwd, fs{app, key}, ss{byApp}), want{"no", "key", ""}},

		"risk, low":     {byRisk, rated(policy.LowRisk), want{"yes", "", ""}},
		"risk, medium":  {byRisk, rated(policy.MediumRisk), want{"no", "app", ""}},
		"risk, high":    {byRisk, rated(policy.HighRisk), want{"no", "app", ""}},
		"risk, unrated": {byRisk, rated(policy.Unrated), want{"no", "app", ""}},

		"grace begins":                   {policy.Grace(day, policy.Required()), facts(pwd, nil, nil), want{"grace", "", everything}},
		"grace, to its last moment":      {policy.Grace(day, policy.Required()), about(facts(pwd, nil, nil), running), want{"grace", "", everything}},
		"grace is over":                  {policy.Grace(day, policy.Required()), about(facts(pwd, nil, nil), ended), want{"no", "", everything}},
		"grace, one attached":            {policy.Grace(day, policy.Required()), facts(pwd, fs{app}, nil), want{"no", "app", ""}},
		"grace, one of two":              {policy.Grace(day, policy.AtLeast(2)), facts(pwd, fs{app}, ss{byApp}), want{"grace", "", everything}},
		"grace, both attached":           {policy.Grace(day, policy.AtLeast(2)), facts(pwd, fs{app, key}, ss{byApp}), want{"no", "key", ""}},
		"grace, one that cannot be used": {policy.Grace(day, policy.Required()), facts(pwd, fs{broken}, nil), want{"no", "", ""}},
		"grace, one that does not count": {policy.Grace(day, policy.Only(policy.Required(), "webauthn")), facts(pwd, fs{app}, ss{byApp}), want{"grace", "", "webauthn"}},
		"grace, and it is forbidden":     {policy.Forbid(policy.Grace(day, policy.Only(policy.Required(), "webauthn")), "totp"), facts(pwd, fs{app}, ss{byApp}), want{"no", "", "webauthn"}},
		"grace, not needed":              {policy.Grace(day, policy.Required()), facts(pwd, fs{app}, ss{byApp}), want{"yes", "", ""}},

		"mail after mail":              {policy.Required(), facts([]string{"email"}, fs{mail}, ss{byMail}), want{"no", "", "totp sms voice webauthn pin"}},
		"mail after a password":        {policy.Required(), facts(pwd, fs{mail}, ss{byMail}), want{"yes", "", ""}},
		"a text after a text":          {policy.Required(), facts([]string{"otp", "sms"}, fs{sms, app}, nil), want{"no", "app", ""}},
		"a recovery code after a text": {policy.Required(), facts([]string{"sms"}, fs{sms}, ss{byRecovery}), want{"yes", "", "totp email webauthn pin"}},

		"only, the other proved":      {policy.Only(policy.Required(), "webauthn"), facts(pwd, fs{app, key}, ss{byApp}), want{"no", "key", ""}},
		"only, none attached":         {policy.Only(policy.Required(), "webauthn"), facts(pwd, nil, nil), want{"no", "", "webauthn"}},
		"only, a recovery code":       {policy.Only(policy.Required(), "webauthn"), facts(pwd, fs{app}, ss{byRecovery}), want{"yes", "", "webauthn"}},
		"optional, forbidden, proved": {policy.Forbid(policy.Optional(), "totp"), facts(pwd, fs{app}, ss{byApp}), want{"no", "", "sms voice email webauthn pin"}},
		"forbidden codes":             {policy.Forbid(policy.Required(), "backup"), facts(pwd, fs{app}, ss{byRecovery}), want{"no", "app", ""}},
		"phishing-resistant":          {policy.PhishingResistant(policy.Required()), facts(pwd, fs{app, key}, ss{byApp}), want{"no", "key", ""}},

		"passkey for two":             {policy.PasskeySatisfies(policy.AtLeast(2)), facts(pwd, fs{key}, ss{byKeyUV}), want{"yes", "", ""}},
		"passkey for two, without UV": {policy.PasskeySatisfies(policy.AtLeast(2)), facts(pwd, fs{key}, ss{byKey}), want{"no", "", everything}},
		"passkey for one":             {policy.AtLeast(2), facts(pwd, fs{key}, ss{byKeyUV}), want{"no", "", everything}},
		"passkey for two, alone":      {policy.PasskeySatisfies(policy.AtLeast(2)), facts(nil, fs{key}, ss{byKeyUV}), want{"yes", "", ""}},

		"strict, a recovery code":     {policy.StrictRecovery(policy.Required()), facts(pwd, fs{app}, ss{byRecovery}), want{"no", "", everything}},
		"strict, a factor":            {policy.StrictRecovery(policy.Required()), facts(pwd, fs{app}, ss{byApp}), want{"yes", "", ""}},
		"strict, not enough":          {policy.StrictRecovery(policy.AtLeast(2)), facts(pwd, fs{app, key}, ss{byRecovery}), want{"no", "app key", ""}},
		"strict, and one proved":      {policy.StrictRecovery(policy.AtLeast(2)), facts(pwd, fs{app, key}, ss{byApp, byRecovery}), want{"no", "", everything}},
		"no browser":                  {policy.NoTrustedBrowser(policy.Required()), facts(pwd, fs{app}, ss{byBrowser}), want{"no", "app", ""}},
		"not only, only":              {policy.NotOnly("phone", policy.Required()), facts(pwd, fs{sms, voice}, ss{bySMS}), want{"no", "", "totp email webauthn pin"}},
		"not only, not yet proved":    {policy.NotOnly("phone", policy.Required()), facts(pwd, fs{sms}, nil), want{"no", "sms", ""}},
		"not only, another":           {policy.NotOnly("phone", policy.Required()), facts(pwd, fs{sms, app}, ss{bySMS}), want{"yes", "", ""}},
		"not only, none attached":     {policy.NotOnly("phone", policy.Required()), facts(pwd, nil, nil), want{"no", "", "totp email webauthn pin"}},
		"not only, a trusted browser": {policy.NotOnly("phone", policy.Required()), facts(pwd, fs{sms}, ss{byBrowser}), want{"no", "sms", ""}},

		"the provider's word":          {policy.SingleSignOn(policy.Required()), facts(sso, fs{app}, nil), want{"yes", "", ""}},
		"the provider's word, nothing": {policy.SingleSignOn(policy.Required()), facts([]string{"fed"}, fs{app}, nil), want{"no", "app", ""}},
		"nobody's word":                {policy.Required(), facts(sso, fs{app}, nil), want{"no", "app", ""}},

		"level 2, by the application's word": {policy.Assurance(2), facts([]string{"pwd", "otp"}, fs{app}, nil), want{"no", "", ""}},
		"level 2, one class twice":           {policy.Assurance(2), facts([]string{"otp"}, fs{app}, ss{byApp}), want{"no", "", "webauthn pin"}},
		"level 2, another class":             {policy.Assurance(2), facts([]string{"otp"}, fs{app, pin}, nil), want{"no", "pin", ""}},
		"level 2, mail":                      {policy.Assurance(2), facts(pwd, fs{mail}, ss{byMail}), want{"no", "", "totp sms voice webauthn"}},
		"level 2, a recovery code":           {policy.Assurance(2), facts(pwd, fs{app}, ss{byRecovery}), want{"no", "app", ""}},
		"level 3, a synced key":              {policy.Assurance(3), facts(pwd, fs{key}, ss{step(key, "swk")}), want{"no", "", "webauthn"}},
		"level 3":                            {policy.Assurance(3), facts(pwd, fs{key}, ss{byKey}), want{"yes", "", ""}},
		"level 1":                            {policy.Assurance(1), facts(pwd, fs{key}, ss{byKey}), want{"no", "", ""}},

		"nist, an app":              {policy.NISTAAL2(), facts(pwd, fs{app, key}, ss{byApp}), want{"yes", "", ""}},
		"nist, mail only":           {policy.NISTAAL2(), facts(pwd, fs{mail}, ss{byMail}), want{"no", "", "totp webauthn"}},
		"nist, text messages only":  {policy.NISTAAL2(), facts(pwd, fs{sms}, ss{bySMS}), want{"no", "", "totp webauthn pin"}},
		"nist, a recovery code":     {policy.NISTAAL2(), facts(pwd, fs{app}, ss{byRecovery}), want{"no", "", "totp sms voice webauthn pin"}},
		"nist, a trusted browser":   {policy.NISTAAL2(), facts(pwd, fs{app}, ss{byBrowser}), want{"no", "app", ""}},
		"nist, a passkey alone":     {policy.NISTAAL2(), facts(nil, fs{key}, ss{byKeyUV}), want{"yes", "", ""}},
		"nist, somebody's passkey":  {policy.NISTAAL2(), facts(nil, fs{key}, ss{byKey}), want{"no", "", ""}},
		"nist, two possessions":     {policy.NISTAAL2(), facts([]string{"sms"}, fs{app}, ss{byApp}), want{"no", "", "webauthn pin"}},
		"asvs, a recovery code":     {policy.ASVSL2(), facts(pwd, fs{app}, ss{byRecovery}), want{"no", "", everything}},
		"asvs, mail":                {policy.ASVSL2(), facts(pwd, fs{mail}, ss{byMail}), want{"yes", "", ""}},
		"standard, a recovery code": {policy.Standard(), facts(pwd, fs{app}, ss{byRecovery}), want{"yes", "", ""}},
		"no policy":                 {policy.Policy{}, facts(pwd, fs{app}, ss{byApp}), want{"no", "", ""}},
		"no policy within":          {policy.AllOf(policy.Required(), policy.Policy{}), facts(pwd, fs{app}, ss{byApp}), want{"no", "", ""}},
		"a function that is none":   {policy.Custom("nothing", nil), facts(pwd, fs{app}, ss{byApp}), want{"no", "", ""}},
		"nobody at all":             {policy.Optional(), facts(nil, nil, nil), want{"no", "", ""}},
	} {
		d := tc.policy.Decide(tc.facts)
		if g := got(tc.facts, d); g != tc.want {
			t.Errorf("%s: %+v; want %+v\n%v", name, g, tc.want, tc.policy.Explain(tc.facts))
		}
		if d.Reason == "" {
			t.Errorf("%s: no reason", name)
		}
	}
}

// A function sees what counts where it stands, and what it says of that is about the whole.
func TestCustomSeesWhatCounts(t *testing.T) {
	t.Parallel()
	p := policy.Forbid(policy.Custom("the first thing there is", func(f policy.Facts) (d policy.Decision) {
		if len(f.Factors) != 1 || f.Factors[0].ID != "key" || len(f.Steps) != 0 || f.Kinds[0].Name != "sms" {
			t.Errorf("it sees %+v", f)
		}
		d.Next.Add(0)
		d.Allowed.Add(0)
		return d
	}), "totp")
	f := facts(pwd, fs{app, key}, ss{byApp})
	d := p.Decide(f)
	if g := got(f, d); g != (want{"no", "key", ""}) || !d.Allowed.Has(1) || d.Allowed.Len() != 1 {
		t.Errorf("%+v, allowed %v", g, d.Allowed)
	}
}

// Check finds, before anybody signs in, what could never be satisfied or is not kept.
//
// nist: N12, N23
// asvs: V6.5.5, V6.6.1
func TestCheck(t *testing.T) {
	t.Parallel()
	named := func(names ...string) (list []policy.Kind) {
		for _, k := range kinds {
			if slices.Contains(names, k.Name) {
				list = append(list, k)
			}
		}
		return list
	}
	exact := policy.Kind{Name: "totp", Class: policy.Possession, Lifetime: 30 * time.Second}
	for name, tc := range map[string]struct {
		policy policy.Policy
		kinds  []policy.Kind
		fault  string // "" for none
	}{
		"required":                    {policy.Required(), named("sms"), ""},
		"required, nothing there":     {policy.Required(), nil, "make 0"},
		"required, codes only":        {policy.Required(), named("backup", "device"), "make 0"},
		"two apps":                    {policy.AtLeast(2), named("totp"), ""},
		"two over the telephone":      {policy.AtLeast(2), named("sms", "voice"), "make 1"},
		"two channels":                {policy.AtLeast(2), named("sms", "email"), ""},
		"none":                        {policy.AtLeast(0), kinds, "mistake"},
		"no policy":                   {policy.Policy{}, kinds, "none"},
		"all of, one impossible":      {policy.AllOf(policy.Required(), policy.Only(policy.Required(), "u2f")), kinds, "u2f"},
		"all of, both impossible":     {policy.AllOf(policy.Only(policy.Required(), "u2f"), policy.Only(policy.Required(), "nfc")), kinds, "nfc"},
		"one of, one impossible":      {policy.OneOf(policy.Required(), policy.Only(policy.Required(), "u2f")), kinds, ""},
		"one of, both impossible":     {policy.OneOf(policy.Only(policy.Required(), "nfc"), policy.Only(policy.Required(), "u2f")), kinds, "none of several"},
		"all of nothing":              {policy.AllOf(), kinds, "nothing"},
		"when, then impossible":       {policy.When(policy.HasRole("x"), policy.Only(policy.Required(), "u2f"), policy.Required()), kinds, "u2f"},
		"when, otherwise impossible":  {policy.When(policy.HasRole("x"), policy.Required(), policy.Only(policy.Required(), "u2f")), kinds, "u2f"},
		"a short grace":               {policy.Grace(time.Hour-1, policy.Required()), kinds, "grace"},
		"a long grace":                {policy.Grace(367*24*time.Hour, policy.Required()), kinds, "grace"},
		"a grace":                     {policy.Grace(time.Hour, policy.Required()), kinds, ""},
		"forbidden":                   {policy.Forbid(policy.Required(), "sms"), named("sms"), "sms"},
		"forbidden channel":           {policy.ForbidChannel(policy.Required(), "phone"), named("sms", "voice"), "phone"},
		"phishing-resistant":          {policy.PhishingResistant(policy.Optional()), named("totp"), "phished"},
		"not only":                    {policy.NotOnly("phone", policy.Required()), named("sms", "voice"), "phone"},
		"level 2":                     {policy.Assurance(2), named("totp"), ""},
		"level 2, knowledge and mail": {policy.Assurance(2), named("pin", "email"), "level 2"},
		"level 3":                     {policy.Assurance(3), named("totp"), "level 3"},
		"level 4":                     {policy.Assurance(4), kinds, "4"},
		"asked of the deployment":     {policy.Configured(policy.Required(), func([]policy.Kind) error { return errors.New("no lift") }), kinds, "no lift"},
		"nist":                        {policy.NISTAAL2(), named("totp", "webauthn", "sms", "email"), ""},
		"nist, nothing resistant":     {policy.NISTAAL2(), named("totp", "sms"), "phishing"},
		"asvs":                        {policy.ASVSL2(), []policy.Kind{exact}, ""},
		"asvs, a skew":                {policy.ASVSL2(), named("totp"), "V6.5.5"},
		"asvs, the telephone":         {policy.ASVSL2(), named("sms"), "V6.6.1"},
		"standard":                    {policy.Standard(), named("totp", "backup"), ""},
		"standard, two kinds":         {policy.Standard(), named("totp", "sms"), ""},
		"standard, no way back":       {policy.Standard(), named("totp", "device"), "locked out"},
	} {
		err := tc.policy.Check(tc.kinds)
		if (err == nil) != (tc.fault == "") || err != nil && !strings.Contains(err.Error(), tc.fault) {
			t.Errorf("%s: %v; want a fault with %q in it", name, err, tc.fault)
		}
	}
}

func TestPresets(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]policy.Policy{"standard": policy.Standard(), "nist-aal2": policy.NISTAAL2(), "asvs-l2": policy.ASVSL2()} {
		p, err := policy.Preset(name)
		if err != nil || fmt.Sprint(p.Explain(facts(pwd, nil, nil))) != fmt.Sprint(want.Explain(facts(pwd, nil, nil))) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if p, err := policy.Preset("NIST"); err == nil || !p.IsZero() {
		t.Error("there is a preset of a name that is none")
	}
}

// A decision costs nothing beyond its result: policy is asked several times in every step of every login.
func TestDecidingAllocatesNothing(t *testing.T) {
	ten := fs{}
	for i := range 10 {
		f := allFactors[i%len(allFactors)]
		f.ID = fmt.Sprint(i)
		ten = append(ten, f)
	}
	f := facts(pwd, ten, ss{byApp, byRecovery, byBrowser})
	f.Roles, f.Attributes = []string{"clerk"}, []policy.Attribute{{Name: "staff", Value: "no"}}
	for name, p := range map[string]policy.Policy{
		"optional": policy.Optional(), "two": policy.AtLeast(2), "nist": policy.NISTAAL2(), "asvs": policy.ASVSL2(), "standard": policy.Standard(),
		"all": policy.When(policy.HasRole("admin"), policy.NISTAAL2(), policy.Grace(time.Hour, policy.OneOf(
			policy.PhishingResistant(policy.Required()),
			policy.PasskeySatisfies(policy.AllOf(policy.AtLeast(3), policy.Assurance(3), policy.When(policy.RiskAtLeast(policy.HighRisk), policy.Only(policy.AtLeast(2), "totp"), policy.Required()))),
			policy.SingleSignOn(policy.Custom("three", func(f policy.Facts) policy.Decision { return policy.AtLeast(3).Decide(f) })),
		))),
	} {
		if n := testing.AllocsPerRun(100, func() { p.Decide(f) }); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
		unstated := f
		unstated.Unstated = true
		if n := testing.AllocsPerRun(100, func() { p.Decide(unstated) }); n != 0 {
			t.Errorf("%s, both ways: %v allocations", name, n)
		}
	}
}
