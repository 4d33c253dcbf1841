package policy_test

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/cofactor-mfa/cofactor/policy"
)

// Administrators prove two factors, of which one cannot be phished; everybody else has 30 days to attach one.
func Example() {
	p := policy.When(policy.HasRole("admin"),
		policy.AllOf(policy.AtLeast(2), policy.PhishingResistant(policy.Required())),
		policy.Grace(30*24*time.Hour, policy.Required()))

	login := policy.Facts{
		Circumstances: policy.Circumstances{Primary: []string{"pwd"}, Now: noon},
		Kinds:         []policy.Kind{{Name: "totp", Class: policy.Possession}, {Name: "webauthn", Class: policy.Possession, PhishingResistant: true}},
	}
	d := p.Decide(login)
	fmt.Println("a new clerk:", d.Satisfied, "until", d.GraceUntil.Format(time.DateOnly))

	login.Roles = []string{"admin"}
	login.Factors = []policy.Factor{{ID: "phone", Kind: "totp", Class: policy.Possession, Usable: true}}
	login.Steps = []policy.Step{{Factor: "phone", Kind: "totp", Class: policy.Possession, AMR: []string{"otp"}, At: noon}}
	d = p.Decide(login)
	fmt.Println("an administrator with an app:", d.Satisfied, "may attach a passkey:", d.Enroll.Has(1), "or another app:", d.Enroll.Has(0))
	// Output:
	// a new clerk: true until 2026-12-01
	// an administrator with an app: false may attach a passkey: true or another app: false
}

// For an administrator's screen: what is asked, what of it is met, and what is missing.
func ExamplePolicy_Explain() {
	p := policy.AllOf(policy.AtLeast(2), policy.PhishingResistant(policy.Required()))
	login := facts(pwd, fs{app, sms, key}, ss{byApp, bySMS})
	why := p.Explain(login)
	fmt.Println(why)
	data, _ := json.Marshal(why.Parts[1].Parts[0])
	fmt.Println(string(data))
	// Output:
	// no   all of
	//     yes  2 factors beside the first one: 2 of 2 proved
	//     no   only by what cannot be phished
	//         no   a factor beside the first one: 0 of 1 proved; a factor has to be proved (key)
	// {"asks":"a factor beside the first one","satisfied":false,"reason":"a factor has to be proved","want":1,"next":["key"],"allowed":["webauthn","backup","device"]}
}

// A deployment that cannot keep what a preset promises does not start.
func ExampleNISTAAL2() {
	err := policy.NISTAAL2().Check([]policy.Kind{{Name: "totp", Class: policy.Possession}, {Name: "email", Channel: "email", Class: policy.Possession}})
	fmt.Println(err)
	// Output:
	// policy: no kind that resists phishing is configured (NIST SP 800-63B-4 section 2.2)
}

// A risk that the application rates, or does not, chooses what is asked.
func ExampleRiskAtLeast() {
	p := policy.When(policy.RiskAtLeast(policy.HighRisk), policy.PhishingResistant(policy.Required()), policy.Required())
	login := facts(pwd, fs{app, key}, ss{byApp})
	for _, risk := range []policy.Risk{policy.LowRisk, policy.HighRisk, policy.Unrated} {
		login.Risk = risk
		fmt.Println(risk, p.Decide(login).Satisfied)
	}
	// Output:
	// low true
	// high false
	// unrated false
}

// A login that an identity provider has vouched for may pass, where the deployment says so.
func ExampleSingleSignOn() {
	p := policy.When(policy.HasAttribute("sso", "forced"), policy.SingleSignOn(policy.Required()), policy.Required())
	login := facts([]string{"fed", "mfa"}, fs{app}, nil)
	fmt.Println(p.Decide(login).Satisfied)
	login.Attributes = []policy.Attribute{{Name: "sso", Value: "forced"}}
	fmt.Println(p.Decide(login).Satisfied)
	// Output:
	// false
	// true
}

// A rule of one's own starts from another, and changes its decision.
func ExampleCustom() {
	base := policy.Required()
	office := policy.Custom("a factor, or the office network", func(f policy.Facts) policy.Decision {
		d := base.Decide(f)
		for _, a := range f.Attributes {
			if a == (policy.Attribute{Name: "network", Value: "office"}) && len(f.Factors) == 0 {
				d.Satisfied, d.Reason = true, "at the office"
			}
		}
		return d
	})
	login := facts(pwd, nil, nil)
	login.Attributes = []policy.Attribute{{Name: "network", Value: "office"}}
	fmt.Println(office.Decide(login).Reason)
	// Output:
	// at the office
}
