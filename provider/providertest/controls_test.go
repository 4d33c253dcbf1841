package providertest_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/provider/providertest"
)

// control is a provider that breaks one rule, and the case that must say so. A suite that cannot fail tests nothing.
type control struct {
	name, finds string
	harness     func() providertest.Harness
}

func TestBrokenProvidersAreFound(t *testing.T) {
	t.Parallel()
	found := map[string]bool{}
	for _, c := range slices.Concat(promptControls(), answerControls(), stateControls()) {
		found[c.finds] = true
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			err := providertest.CheckCase(c.harness(), c.finds)
			v := (*providertest.Violation)(nil)
			if !errors.As(err, &v) || v.Case != c.finds || v.Rule == "" {
				t.Errorf("the case %q says %v", c.finds, err)
			}
			t.Log(err)
		})
	}
	for _, name := range providertest.CaseNames() {
		if !found[name] {
			t.Errorf("no provider here shows that the case %q can fail", name)
		}
	}
}

func TestYesIsNotAnAnswer(t *testing.T) {
	t.Parallel()
	err := providertest.Check(yesSayer())
	if err == nil {
		t.Fatal("a provider that says yes to everything passed")
	}
	for _, name := range []string{"junk", "one spelling", "wrong answers", "unknown format", "set-up answer", "used up"} {
		if !strings.Contains(err.Error(), name+": ") {
			t.Errorf("the case %q found nothing wrong with it", name)
		}
	}
}

// yesSayer does nothing but say yes.
func yesSayer() providertest.Harness {
	return with(app(), changed{
		setupVerify: func(provider.SetupRequest, provider.Answer, enrols) (provider.Enrollment, error) {
			return provider.Enrollment{Data: []byte{1}}, nil
		},
		loginHook: func(provider.LoginRequest, asks) (provider.Prompt, error) {
			return provider.Prompt{}, nil
		},
		loginVerify: yes,
	})
}

func yes(req provider.LoginRequest, _ provider.Answer, _ matches) (provider.Match, error) {
	return provider.Match{FactorID: req.Factors[0].ID}, nil
}
