package policy_test

import (
	"maps"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/cofactor-mfa/cofactor/policy"
)

var (
	allFactors = fs{app, sms, voice, mail, pin, key, broken}
	allSteps   = ss{byApp, bySMS, byVoice, byMail, byPIN, byKey, byKeyUV, byRecovery, byRecover2, byBrowser}
	methods    = []string{"pwd", "pin", "kba", "otp", "hwk", "swk", "sms", "fed", "mfa", "email", "face", ""}

	anyFactors = rapid.SliceOfN(rapid.SampledFrom(allFactors), 0, 6)
	anySteps   = rapid.SliceOfN(rapid.SampledFrom(allSteps), 0, 6)
	anyPrimary = rapid.SliceOfN(rapid.SampledFrom(methods), 0, 3)
)

func anyFacts(t *rapid.T) policy.Facts {
	f := facts(anyPrimary.Draw(t, "primary"), anyFactors.Draw(t, "factors"), anySteps.Draw(t, "steps"))
	f.Tenant = rapid.SampledFrom([]string{"", "acme"}).Draw(t, "tenant")
	f.Roles = rapid.SliceOfN(rapid.SampledFrom([]string{"admin", "clerk"}), 0, 2).Draw(t, "roles")
	f.Risk = rapid.SampledFrom([]policy.Risk{policy.Unrated, policy.LowRisk, policy.HighRisk}).Draw(t, "risk")
	f.Unstated = rapid.Bool().Draw(t, "unstated")
	f.GraceUntil = rapid.SampledFrom([]time.Time{{}, noon.Add(-time.Hour), noon.Add(time.Hour)}).Draw(t, "grace until")
	return f
}

// anyPolicy is a random composition of the blocks, but for SingleSignOn, which takes somebody's word.
func anyPolicy(t *rapid.T) policy.Policy { return composed(t, 3, true) }

// anyPolicyOfProofs is one that looks at nothing but proofs: NotOnly looks at what is attached beside them.
func anyPolicyOfProofs(t *rapid.T) policy.Policy { return composed(t, 3, false) }

func composed(t *rapid.T, depth int, notOnly bool) policy.Policy {
	if depth == 0 {
		return rapid.SampledFrom([]policy.Policy{
			policy.Optional(), policy.Required(), policy.AtLeast(2), policy.AtLeast(3), policy.AtLeast(0), policy.Assurance(2), policy.Assurance(3),
		}).Draw(t, "leaf")
	}
	within := func() policy.Policy { return composed(t, depth-1, notOnly) }
	blocks := []func() policy.Policy{
		within,
		func() policy.Policy { return policy.AllOf(within(), within()) },
		func() policy.Policy { return policy.OneOf(within(), within()) },
		func() policy.Policy { return policy.When(policy.HasRole("admin"), within(), within()) },
		func() policy.Policy { return policy.When(policy.InTenant("acme"), within(), within()) },
		func() policy.Policy { return policy.When(policy.RiskAtLeast(policy.HighRisk), within(), within()) },
		func() policy.Policy { return policy.Grace(24*time.Hour, within()) },
		func() policy.Policy { return policy.Only(within(), "totp", "webauthn", "pin") },
		func() policy.Policy { return policy.Forbid(within(), "sms", "device") },
		func() policy.Policy { return policy.ForbidChannel(within(), "email") },
		func() policy.Policy { return policy.PhishingResistant(within()) },
		func() policy.Policy { return policy.NoTrustedBrowser(within()) },
		func() policy.Policy { return policy.StrictRecovery(within()) },
		func() policy.Policy { return policy.PasskeySatisfies(within()) },
	}
	if notOnly {
		blocks = append(blocks, func() policy.Policy { return policy.NotOnly("phone", within()) })
	}
	return blocks[rapid.IntRange(0, len(blocks)-1).Draw(t, "block")]()
}

// Attaching a factor never makes a login need less, and a factor that cannot be used asks for as much as one that can.
//
// attack
func TestAttachingNeverMakesMFAOptional(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p, facts := anyPolicyOfProofs(t), anyFacts(t)
		facts.Steps = slices.DeleteFunc(facts.Steps, func(s policy.Step) bool { return s.Trusted })
		more := facts
		more.Factors = append(slices.Clone(facts.Factors), rapid.SampledFrom(allFactors).Draw(t, "another"))
		if p.Decide(more).Satisfied && !p.Decide(facts).Satisfied {
			t.Errorf("another factor satisfies: %+v\n%v\n%v", more, p.Explain(facts), p.Explain(more))
		}
		if p.Decide(disabled(facts)).Satisfied != p.Decide(facts).Satisfied {
			t.Errorf("whether factors can be used changes what is asked for: %+v\n%v", facts, p.Explain(facts))
		}
	})
}

// disabled is the facts when no factor can be used.
func disabled(f policy.Facts) policy.Facts {
	f.Factors = slices.Clone(f.Factors)
	for i := range f.Factors {
		f.Factors[i].Usable = false
	}
	return f
}

// Taking a provider away, or disabling a factor, never satisfies anybody who was not satisfied before.
//
// attack
func TestDisablingSatisfiesNobody(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p, facts := anyPolicy(t), anyFacts(t)
		if p.Decide(disabled(facts)).Satisfied && !p.Decide(facts).Satisfied {
			t.Errorf("a login is satisfied because its factors cannot be used: %+v\n%v", facts, p.Explain(facts))
		}
	})
}

// Whoever has a factor attached signs in by proving something, whatever has become of its provider.
//
// attack
func TestNothingProvedSatisfiesNobodyWhoHasAFactor(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p, facts := anyPolicy(t), anyFacts(t)
		facts.Steps = nil
		if rapid.Bool().Draw(t, "the providers are gone") {
			facts.Kinds = nil
			for i, f := range facts.Factors {
				facts.Factors[i] = policy.Factor{ID: f.ID, Kind: f.Kind}
			}
		}
		if d := p.Decide(facts); len(facts.Factors) > 0 && (d.Satisfied || d.MayEnroll()) {
			t.Errorf("%+v without a proof\n%v", d, p.Explain(facts))
		}
	})
}

// A proof more never takes anything away: not satisfaction, not a level, not a method.
//
// attack
func TestProofsAddUp(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p, facts := anyPolicy(t), anyFacts(t)
		another := rapid.SampledFrom(allSteps).Draw(t, "another")
		facts.Factors = append(facts.Factors, ownersOf(append(slices.Clone(facts.Steps), another))...) // what proves something is attached
		more := facts
		more.Steps = append(slices.Clone(facts.Steps), another)
		if p.Decide(facts).Satisfied && !p.Decide(more).Satisfied {
			t.Errorf("a proof more and not satisfied: %+v\n%v\n%v", more, p.Explain(facts), p.Explain(more))
		}
		if policy.AAL(facts.Primary, facts.Steps) > policy.AAL(more.Primary, more.Steps) {
			t.Errorf("a proof more and a lower level: %+v", more)
		}
		for _, m := range policy.AMR(facts.Primary, facts.Steps) {
			if !slices.Contains(policy.AMR(more.Primary, more.Steps), m) {
				t.Errorf("a proof more and %q is gone: %+v", m, more)
			}
		}
		if n := policy.Count(more.Steps) - policy.Count(facts.Steps); n != 0 && n != 1 {
			t.Errorf("a proof more counts %d", n)
		}
	})
}

func ownersOf(steps ss) (owners fs) {
	for _, f := range allFactors {
		if slices.ContainsFunc(steps, func(s policy.Step) bool { return s.Factor == f.ID }) {
			owners = append(owners, f)
		}
	}
	return owners
}

// What a decision offers can be used: factors that are attached, work, are allowed and have not been proved, and kinds that are allowed.
//
// attack: A-79
func TestWhatIsOfferedIsAllowed(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p, facts := anyPolicy(t), anyFacts(t)
		d := p.Decide(facts)
		for i, f := range facts.Factors {
			place := slices.IndexFunc(kinds, func(k policy.Kind) bool { return k.Name == f.Kind })
			proved := slices.ContainsFunc(facts.Steps, func(s policy.Step) bool { return s.Factor == f.ID && !p.Decide(facts).Satisfied && s.Kind == f.Kind })
			if d.Next.Has(i) && (!f.Usable || !d.Allowed.Has(place) || proved && !f.PhishingResistant) {
				t.Errorf("%s is offered: %+v\n%v", f.ID, d, p.Explain(facts))
			}
		}
		for i, k := range kinds {
			if d.Enroll.Has(i) && (!d.Allowed.Has(i) || k.StandIn || k.Trusted) {
				t.Errorf("%s may be attached, and is not allowed or does not count\n%v", k.Name, p.Explain(facts))
			}
		}
		if d.Satisfied && d.Next != (policy.Set{}) {
			t.Error("a login that is satisfied asks for more")
		}
		if d.InGrace && (!d.Satisfied || !noon.Before(d.GraceUntil)) {
			t.Errorf("a grace that is none: %+v", d)
		}
	})
}

// Whatever is forbidden does not count, wherever it stands within.
func TestForbiddenCountsNowhere(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p, facts := policy.Forbid(anyPolicy(t), "totp", "backup"), anyFacts(t)
		forbidden := func(s policy.Step) bool { return s.Kind == "totp" || s.Kind == "backup" }
		less := facts
		less.Steps = slices.DeleteFunc(slices.Clone(facts.Steps), forbidden)
		if p.Decide(facts).Satisfied && !p.Decide(less).Satisfied && len(less.Steps)+len(less.Primary) > 0 {
			t.Errorf("a proof of a forbidden kind satisfies: %+v\n%v", facts, p.Explain(facts))
		}
		d := p.Decide(facts)
		for i, k := range kinds {
			if (k.Name == "totp" || k.Name == "backup") && (d.Allowed.Has(i) || d.Enroll.Has(i)) {
				t.Errorf("%s may be attached", k.Name)
			}
		}
	})
}

// A policy that passes the check at the start lets in whoever has nothing attached, does what is asked, and attaches what is offered.
func TestCheckedPoliciesCanBeSatisfied(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p, facts := anyPolicy(t), anyFacts(t)
		if p.Check(kinds) != nil {
			return
		}
		facts.Primary, facts.Factors, facts.Steps = pwd, nil, nil
		for range 12 {
			d := p.Decide(facts)
			switch {
			case d.Satisfied:
				return
			case d.Next != (policy.Set{}):
				for i, f := range facts.Factors {
					if d.Next.Has(i) {
						facts.Steps = append(slices.Clone(facts.Steps), proof(f))
						break
					}
				}
			case d.MayEnroll():
				for i, k := range kinds {
					if d.Enroll.Has(i) {
						f := policy.Factor{ID: rapid.StringN(8, 8, 8).Draw(t, "id"), Kind: k.Name, Channel: k.Channel, Class: k.Class, PhishingResistant: k.PhishingResistant, Usable: true}
						facts.Factors = append(slices.Clone(facts.Factors), f)
						facts.Steps = append(slices.Clone(facts.Steps), proof(f))
						break
					}
				}
			default:
				t.Fatalf("a dead end: %+v\n%v", facts, p.Explain(facts))
			}
		}
		t.Fatalf("no end: %+v\n%v", facts, p.Explain(facts))
	})
}

// proof is as good a proof of a factor as there can be.
func proof(f policy.Factor) policy.Step {
	s := step(f, "otp")
	if f.PhishingResistant {
		s.AMR, s.Verified = []string{"hwk"}, true
	}
	return s
}

// "mfa" is there if, and only if, two classes were proved, whatever the first factor claimed; the list is sorted and names nothing twice.
func TestAMRIsCanonical(t *testing.T) {
	t.Parallel()
	classes := map[string]policy.Class{
		"pwd": policy.Knowledge, "pin": policy.Knowledge, "kba": policy.Knowledge, "otp": policy.Possession, "hwk": policy.Possession, "swk": policy.Possession,
		"sms": policy.Possession, "face": policy.Inherence,
	}
	rapid.Check(t, func(t *rapid.T) {
		facts := anyFacts(t)
		before := slices.Clone(facts.Primary)
		amr := policy.AMR(facts.Primary, facts.Steps)
		if !slices.IsSorted(amr) || len(slices.Compact(slices.Clone(amr))) != len(amr) || slices.Contains(amr, "") {
			t.Errorf("AMR %q", amr)
		}
		if !slices.Equal(before, facts.Primary) {
			t.Errorf("the caller's list was changed: %q, was %q", facts.Primary, before)
		}
		seen := map[policy.Class]bool{}
		uv := false
		for _, m := range facts.Primary {
			seen[classes[m]] = true
		}
		for _, s := range facts.Steps {
			if !s.StandIn && !s.Trusted {
				seen[s.Class] = seen[s.Class] || s.Channel != "email" // nist: N07
				uv = uv || s.Verified
			}
		}
		delete(seen, 0)
		maps.DeleteFunc(seen, func(_ policy.Class, has bool) bool { return !has })
		two := len(seen) > 1 || uv
		if slices.Contains(amr, "mfa") != two || (policy.AAL(facts.Primary, facts.Steps) >= 2) != two {
			t.Errorf("AMR %q and AAL %d of %+v: two classes is %v", amr, policy.AAL(facts.Primary, facts.Steps), facts, two)
		}
	})
}

// Recovery codes and trusted browsers prove nothing: they change no method and no level.
//
// nist: N32, N28
func TestStandInsProveNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		facts := anyFacts(t)
		with := append(slices.Clone(facts.Steps), byRecovery, byRecover2, byBrowser)
		if policy.AAL(facts.Primary, with) != policy.AAL(facts.Primary, facts.Steps) {
			t.Errorf("a level by recovery: %+v", facts)
		}
		if !slices.Equal(policy.AMR(facts.Primary, with), policy.AMR(facts.Primary, facts.Steps)) {
			t.Errorf("a method by recovery: %+v", facts)
		}
	})
}

// Two answers over one channel are one factor, in whatever order things were proved.
func TestOneChannelCountsOnce(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		steps := anySteps.Draw(t, "steps")
		shuffled := rapid.Permutation(steps).Draw(t, "order")
		if a, b := policy.Count(steps), policy.Count(shuffled); a != b {
			t.Errorf("in another order they count %d, not %d: %+v", b, a, steps)
		}
		if policy.Count(append(ss{bySMS}, steps...)) != policy.Count(append(ss{bySMS, byVoice}, steps...)) {
			t.Errorf("a text message and a call to one telephone count twice: %+v", steps)
		}
	})
}

// A policy is a function: the same facts, the same decision, and the facts are left alone.
func TestPoliciesArePure(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p, facts := anyPolicy(t), anyFacts(t)
		before := policy.Facts{Factors: slices.Clone(facts.Factors), Steps: slices.Clone(facts.Steps)}
		if first, again := p.Decide(facts), p.Decide(facts); first != again {
			t.Errorf("%+v, then %+v", first, again)
		}
		if !reflect.DeepEqual(before.Factors, facts.Factors) || !reflect.DeepEqual(before.Steps, facts.Steps) {
			t.Error("the facts were changed")
		}
	})
}
