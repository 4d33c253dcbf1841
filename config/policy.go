package config

import (
	"fmt"
	"time"

	"github.com/cofactor-mfa/cofactor/policy"
)

// rule is a policy: one thing that it asks for, and any number of keys that narrow what counts for it, or put it off.
type rule struct {
	Require   string `yaml:"require" doc:"What is asked for: a preset, or one of the simple rules. A rule that is nothing else may be written as this word alone." enum:"standard,nist-aal2,asvs-l2,required,optional" short:"true" example:"standard"`
	AtLeast   int    `yaml:"at_least" doc:"Or: so many different factors beside the first one." min:"1" max:"5"`
	Assurance int    `yaml:"assurance" doc:"Or: this authenticator assurance level of NIST SP 800-63B-4." enum:"2,3"`
	AllOf     []rule `yaml:"all_of" doc:"Or: all of these rules." min:"1"`
	OneOf     []rule `yaml:"one_of" doc:"Or: any one of these rules." min:"1"`
	When      *when  `yaml:"when" doc:"Or: one rule if a condition holds, and another if not."`

	Only              []string      `yaml:"only" doc:"Nothing counts but these kinds." min:"1"`
	Forbid            []string      `yaml:"forbid" doc:"These kinds do not count, nor may they be attached." min:"1"`
	ForbidChannels    []string      `yaml:"forbid_channels" doc:"Nothing counts that travels this way." enum:"email,phone" min:"1"`
	PhishingResistant bool          `yaml:"phishing_resistant" doc:"Nothing counts that can be phished." default:"false"`
	PasskeySatisfies  bool          `yaml:"passkey_satisfies" doc:"A passkey that has verified its user counts as two factors." default:"false"`
	StrictRecovery    bool          `yaml:"strict_recovery" doc:"A recovery code opens the way to a new factor, and to nothing else." default:"false"`
	TrustedBrowsers   bool          `yaml:"trusted_browsers" doc:"Whether a trusted browser counts, where the rule lets it." default:"true"`
	NotOnly           string        `yaml:"not_only" doc:"What travels this way must not be all that a user has." enum:"email,phone"`
	Grace             time.Duration `yaml:"grace" doc:"How long a user may put off attaching a factor, from the first login on." min:"1h" max:"366d"`
	SingleSignOn      bool          `yaml:"single_sign_on" doc:"An identity provider's word, mfa among its methods, satisfies the rule." default:"false"`
}

// when is a condition. Of several that are written, all must hold.
type when struct {
	Tenants    []string   `yaml:"tenants" doc:"The user is of one of these tenants." min:"1"`
	Roles      []string   `yaml:"roles" doc:"The application says that the user has one of these roles." min:"1"`
	Attribute  *attribute `yaml:"attribute" doc:"The application says this of the login."`
	Risk       string     `yaml:"risk" doc:"The application rates the login as risky as this, or more, or not at all." enum:"low,medium,high"`
	SignedInBy []string   `yaml:"signed_in_by" doc:"The first factor was one of these methods (RFC 8176)." min:"1"`
	Then       *rule      `yaml:"then" doc:"The rule if it holds." required:"true"`
	Otherwise  *rule      `yaml:"otherwise" doc:"The rule if not." required:"true"`
}

type attribute struct {
	Name  string `yaml:"name" doc:"The name." required:"true"`
	Value string `yaml:"value" doc:"The value." required:"true"`
}

// Validate finds rules that ask for nothing, or for two things.
func (s *rule) Validate(r *Report) {
	asked := s.asked()
	switch {
	case len(asked) == 0:
		r.Error("require", "required key is missing", "what is asked for: one of require, at_least, assurance, all_of, one_of, when")
	case len(asked) > 1:
		r.Error(asked[1], "cannot stand beside "+asked[0]+": a rule asks for one thing", "put the two into all_of or one_of")
	}
}

// asking are the keys that say what a rule asks for.
var asking = []string{"require", "at_least", "assurance", "all_of", "one_of", "when"}

func (s *rule) asked() (keys []string) {
	for i, set := range []bool{s.Require != "", s.AtLeast != 0, s.Assurance != 0, s.AllOf != nil, s.OneOf != nil, s.When != nil} {
		if set {
			keys = append(keys, asking[i])
		}
	}
	return keys
}

// Validate finds conditions that are none.
func (s *when) Validate(r *Report) {
	if len(s.conditions()) == 0 {
		r.Error("", "has no condition", "one or more of tenants, roles, attribute, risk, signed_in_by")
	}
}

func (s *when) conditions() (list []policy.Condition) {
	if s.Tenants != nil {
		list = append(list, policy.InTenant(s.Tenants...))
	}
	if s.Roles != nil {
		list = append(list, policy.HasRole(s.Roles...))
	}
	if s.Attribute != nil {
		list = append(list, policy.HasAttribute(s.Attribute.Name, s.Attribute.Value))
	}
	if s.Risk != "" {
		list = append(list, policy.RiskAtLeast(map[string]policy.Risk{"low": policy.LowRisk, "medium": policy.MediumRisk, "high": policy.HighRisk}[s.Risk]))
	}
	if s.SignedInBy != nil {
		list = append(list, policy.SignedInBy(s.SignedInBy...))
	}
	return list
}

// policy is the rule as the registry asks it. What narrows stands within what puts off, and single sign-on is outermost.
func (s *rule) policy() policy.Policy {
	p := s.base()
	if s.Only != nil {
		p = policy.Only(p, s.Only...)
	}
	if s.Forbid != nil {
		p = policy.Forbid(p, s.Forbid...)
	}
	if s.ForbidChannels != nil {
		p = policy.ForbidChannel(p, s.ForbidChannels...)
	}
	if s.PhishingResistant {
		p = policy.PhishingResistant(p)
	}
	if s.PasskeySatisfies {
		p = policy.PasskeySatisfies(p)
	}
	if s.StrictRecovery {
		p = policy.StrictRecovery(p)
	}
	if !s.TrustedBrowsers {
		p = policy.NoTrustedBrowser(p)
	}
	if s.NotOnly != "" {
		p = policy.NotOnly(s.NotOnly, p)
	}
	if s.Grace != 0 {
		p = policy.Grace(s.Grace, p)
	}
	if s.SingleSignOn {
		p = policy.SingleSignOn(p)
	}
	return p
}

// base is what the rule asks for. A rule that asks for nothing has not passed Validate; its policy satisfies nobody.
func (s *rule) base() policy.Policy {
	switch {
	case s.Require == "optional":
		return policy.Optional()
	case s.Require == "required":
		return policy.Required()
	case s.Require != "":
		p, _ := policy.Preset(s.Require) // The zero policy, if there is none: it satisfies nobody.
		return p
	case s.AtLeast != 0:
		return policy.AtLeast(s.AtLeast)
	case s.Assurance != 0:
		return policy.Assurance(s.Assurance)
	case s.AllOf != nil:
		return policy.AllOf(policies(s.AllOf)...)
	case s.OneOf != nil:
		return policy.OneOf(policies(s.OneOf)...)
	case s.When != nil:
		p, otherwise := s.When.Then.policy(), s.When.Otherwise.policy()
		for _, c := range s.When.conditions() {
			p = policy.When(c, p, otherwise)
		}
		return p
	}
	return policy.Policy{}
}

func policies(rules []rule) (list []policy.Policy) {
	for i := range rules {
		list = append(list, rules[i].policy())
	}
	return list
}

// kinds calls what with every kind that the rule names, and the key where it does.
func (s *rule) kinds(path string, what func(key, kind string)) {
	for key, list := range map[string][]string{"only": s.Only, "forbid": s.Forbid} {
		for i, kind := range list {
			what(fmt.Sprintf("%s.%s[%d]", path, key, i), kind)
		}
	}
	for key, list := range map[string][]rule{"all_of": s.AllOf, "one_of": s.OneOf} {
		for i := range list {
			list[i].kinds(fmt.Sprintf("%s.%s[%d]", path, key, i), what)
		}
	}
	if s.When != nil && s.When.Then != nil && s.When.Otherwise != nil {
		s.When.Then.kinds(path+".when.then", what)
		s.When.Otherwise.kinds(path+".when.otherwise", what)
	}
}
