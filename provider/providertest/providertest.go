// Package providertest checks that a provider keeps the contract of [provider.MultiFactorProvider], by itself and under a registry.
//
// The suite needs two functions: one makes the provider, the other acts as a user's device. A provider of typed codes is tested with
//
//	providertest.Run(t, providertest.Harness{
//		New:    func() (provider.MultiFactorProvider, error) { return mine.New(mine.Config{}) },
//		Device: func(n int) providertest.Device { ... },
//	})
//
// A failure says which rule was broken, and what the suite saw.
package providertest

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/cofactor-mfa/cofactor/challenge"
	"github.com/cofactor-mfa/cofactor/factor"
	"github.com/cofactor-mfa/cofactor/provider"
)

// Harness is what the suite needs to know of a provider.
type Harness struct {
	// New makes the provider. It is called many times, and what it returns are replicas: of the same configuration, with the same keys.
	New func() (provider.MultiFactorProvider, error)
	// Device makes the device of the n-th user, who has a telephone number, a mailbox and keys of their own. It may be called concurrently.
	Device func(n int) Device
	// Stores makes the stores that registries are tested over. The default is a store in memory of each kind.
	Stores func() (challenge.Store, factor.Store)
}

// Device acts for one user, and holds what the user's last set-up gave it. It returns what their client sends, to be encoded as JSON; at Begin, nil is no input. Messages of the
// prompt have been sent before it is asked. The suite asks one device one thing at a time.
type Device func(Shown) any

// Shown is what a device goes by.
type Shown struct {
	Step   Step
	Public json.RawMessage // of the prompt; nil at Begin
	Once   json.RawMessage // what the user's last right answer earned: Enrollment.Once or Match.Once; nil if nothing
	Now    time.Time       // the suite's time, which is not the system's
}

// Step is where in a ceremony a device is asked.
type Step int

// The steps.
const (
	Begin Step = iota // SetupRequest.Input is wanted
	Enrol             // the answer to SetupHook's prompt
	Login             // the answer to LoginHook's prompt, always a fresh one
)

// Text is the member of Public with this name; "" if it is not there or no string.
func (s Shown) Text(name string) string {
	var members map[string]any
	if json.Unmarshal(s.Public, &members) != nil {
		return ""
	}
	text, _ := members[name].(string)
	return text
}

// Violation is a rule that a provider does not keep.
type Violation struct {
	Case string // the name of the subtest
	Rule string
	Err  error // what was seen
}

func (v *Violation) Error() string {
	return fmt.Sprintf("%s: %v\n\tthe rule: %s", v.Case, v.Err, v.Rule)
}

func (v *Violation) Unwrap() error { return v.Err }

// Run runs every case as a subtest. Under -race it finds more.
func Run(t *testing.T, h Harness) {
	t.Helper()
	s := newSuite(h)
	if err := s.check(cases[0]); err != nil {
		t.Fatalf("%v\nNothing else can be tested.", err)
	}
	for _, c := range cases[1:] {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if err := s.check(c); err != nil {
				t.Error(err)
			}
		})
	}
}

// Check runs every case and returns the violations, joined: Run without a test, for suites that test this one.
func Check(h Harness) error {
	s := newSuite(h)
	if err := s.check(cases[0]); err != nil {
		return err
	}
	var found []error
	for _, c := range cases[1:] {
		found = append(found, s.check(c))
	}
	return errors.Join(found...)
}
