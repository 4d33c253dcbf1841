package policy_test

import (
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/cofactor-mfa/cofactor/policy"
)

var (
	allFactors = fs{app, sms, voice, key, broken}
	allSteps   = ss{byApp, bySMS, byVoice, byKey, byKeyUV, byRecovery, byRecover2, byBrowser}
	methods    = []string{"pwd", "pin", "kba", "otp", "hwk", "swk", "sms", "fed", "mfa", "face", ""}

	anyFactors = rapid.SliceOfN(rapid.SampledFrom(allFactors), 0, 6)
	anySteps   = rapid.SliceOfN(rapid.SampledFrom(allSteps), 0, 6)
	anyPrimary = rapid.SliceOfN(rapid.SampledFrom(methods), 0, 3)
)

func anyPolicy(t *rapid.T) policy.Policy {
	k := rapid.IntRange(-1, 4).Draw(t, "k")
	return []policy.Policy{policy.Optional(), policy.Required(), policy.AtLeast(k)}[rapid.IntRange(0, 2).Draw(t, "policy")]
}

func anyFacts(t *rapid.T) policy.Facts {
	return policy.Facts{Primary: anyPrimary.Draw(t, "primary"), Factors: anyFactors.Draw(t, "factors"), Steps: anySteps.Draw(t, "steps")}
}

// Attaching a factor never makes a login need less, and a factor that cannot be used asks for as much as one that can.
//
// attack
func TestAttachingNeverMakesMFAOptional(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p, facts := anyPolicy(t), anyFacts(t)
		facts.Steps = slices.DeleteFunc(facts.Steps, func(s policy.Step) bool { return s.Trusted })
		more := facts
		more.Factors = append(slices.Clone(facts.Factors), rapid.SampledFrom(allFactors).Draw(t, "another"))
		if p(more).Satisfied && !p(facts).Satisfied {
			t.Errorf("another factor satisfies: %+v", more)
		}
		unusable := facts
		unusable.Factors = slices.Clone(facts.Factors)
		for i := range unusable.Factors {
			unusable.Factors[i].Usable = false
		}
		if p(unusable).Satisfied != p(facts).Satisfied {
			t.Errorf("whether factors can be used changes what is asked for: %+v", facts)
		}
	})
}

// Whoever has a factor attached signs in by proving something.
//
// attack
func TestNothingProvedSatisfiesNobodyWhoHasAFactor(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p, facts := anyPolicy(t), anyFacts(t)
		facts.Steps = nil
		if d := p(facts); len(facts.Factors) > 0 && (d.Satisfied || d.MayEnroll) {
			t.Errorf("%+v without a proof", d)
		}
	})
}

// A proof more never takes anything away: not satisfaction, not a level, not a method.
//
// attack: A-61
func TestProofsAddUp(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p, facts := anyPolicy(t), anyFacts(t)
		more := facts
		more.Steps = append(slices.Clone(facts.Steps), rapid.SampledFrom(allSteps).Draw(t, "another"))
		if p(facts).Satisfied && !p(more).Satisfied {
			t.Errorf("a proof more and not satisfied: %+v", more)
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
				seen[s.Class] = true
				uv = uv || s.Verified
			}
		}
		delete(seen, 0)
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
		before := policy.Facts{Primary: slices.Clone(facts.Primary), Factors: slices.Clone(facts.Factors), Steps: slices.Clone(facts.Steps)}
		if first, again := p(facts), p(facts); first != again {
			t.Errorf("%+v, then %+v", first, again)
		}
		if !reflect.DeepEqual(before.Factors, facts.Factors) || !reflect.DeepEqual(before.Steps, facts.Steps) {
			t.Error("the facts were changed")
		}
	})
}
