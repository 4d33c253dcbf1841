package providertest

import (
	"fmt"
	"sync/atomic"
)

// suite is a run of the cases against one provider.
type suite struct {
	Harness
	users atomic.Int64
}

func newSuite(h Harness) *suite {
	if h.Stores == nil {
		h.Stores = memory
	}
	return &suite{Harness: h}
}

// testCase checks one rule. It returns what it saw that breaks the rule.
type testCase struct {
	name string
	rule string
	run  func(*suite) error
}

// cases are the rules. The first one is the premise of all others.
var cases = [...]testCase{
	{
		"right answers", "A right answer to SetupHook's prompt enrols the factor, and a right answer to LoginHook's prompt matches it, " +
			"at any time that the request names: a provider has no clock.",
		rightAnswers,
	},
	{
		"info", "Info must be valid, and the same at every call.",
		info,
	},
	{
		"sizes", "Private has at most 4 KiB; Data has 1 byte to 16 KiB and begins with the version of its format.",
		sizes,
	},
	{
		"public", "Public must be JSON, and must not help an attacker: neither Data nor anything that is a right answer may be in it.",
		public,
	},
	{
		"delivery", "A Delivery has a Send and names what it uses up. The next message to the same address uses up the same, or limits do not limit.",
		deliveries,
	},
	{
		"same prompt again", "A hook that is given Previous must return it as Private, byte for byte, and show or send the same prompt.",
		samePrompt,
	},
	{
		"new secret", "Each set-up makes a secret of its own. Nothing leads back to one that is in use.",
		newSecret,
	},
	{
		"junk", "What is no answer at all must be refused, without a panic, by ErrRejected or ErrInvalid: any other error " +
			"means that there was no verdict, and gives the attempt back.",
		junk,
	},
	{
		"one spelling", "An answer must be exactly what the client was asked for. Other keys, doubled keys, trailing data, and codes that merely resemble the right one are wrong.",
		oneSpelling,
	},
	{
		"wrong answers", "Another user's answer is wrong, is refused by a verdict, and is not quoted in the error, for errors are logged.",
		wrongAnswers,
	},
	{
		"own challenge", "An answer is right only with the Private of its own challenge, whole. Without one, or with another's, nothing is.",
		ownChallenge,
	},
	{
		"own factor", "An answer is right only for its own factor. FactorID names a factor of the request, and without a factor nothing matches.",
		ownFactor,
	},
	{
		"unknown format", "Data of an unknown format, or none, denies. It never panics and never matches.",
		unknownFormat,
	},
	{
		"set-up answer", "The answer that enrolled a factor does not log in.",
		setupAnswer,
	},
	{
		"used up", "An answer that could be right in another challenge must be burnt in Match.Data.",
		usedUp,
	},
	{
		"replicas", "A provider keeps no state: what one replica has begun another can finish, and what one has accepted every other must refuse, by Data alone.",
		replicas,
	},
	{
		"hands off", "A provider must neither change the slices it is given nor keep them.",
		handsOff,
	},
	{
		"cancelled", "A context that has ended makes no answer right that is wrong.",
		cancelled,
	},
	{
		"concurrent use", "Methods are safe for concurrent use, and one request has one verdict.",
		concurrentUse,
	},
	{
		"one challenge, many answers", "Of concurrent right answers to one challenge, through any number of registries, exactly one succeeds.",
		oneChallenge,
	},
	{
		"one answer, many challenges", "Of one answer, sent to many challenges at once, exactly one succeeds.",
		manyChallenges,
	},
	{
		"registry", "Under a registry, a challenge serves its own purpose, ends when it expires, and ends when its attempts are used up.",
		underRegistry,
	},
}

// check runs a case. A panic of the provider is a violation of the rule that was being checked.
func (s *suite) check(c testCase) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &Violation{c.name, c.rule, fmt.Errorf("the provider panicked: %v", p)}
		}
	}()
	if err := c.run(s); err != nil {
		return &Violation{c.name, c.rule, err}
	}
	return nil
}
