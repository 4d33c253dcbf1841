package telemetry

import (
	"regexp"
	"strings"

	"go.opentelemetry.io/otel/codes"

	"github.com/cofactor-mfa/cofactor/challenge"
	"github.com/cofactor-mfa/cofactor/registry"
)

// steps are what registry.Config.Trace is told of within a call.
var steps = set("login_hook", "login_verify", "setup_hook", "setup_verify", "locate", "send", "notify")

// signals and incidents are what is counted by Observe.
var (
	signals = set(registry.SignalGuessing, registry.SignalGuessingTenant, registry.SignalAfterFailures, registry.SignalPartial, registry.SignalReuse, registry.SignalClone)

	incidents = set("charge_kept", "no_signal", "disabled", "notice_delayed", "notice_lost")
)

// mends is an error for results that an operator has to do something about. A wrong answer is no error: people mistype.
func mends(result string) outcome {
	switch result {
	case string(registry.ErrInternal), string(registry.ErrUnavailable), string(registry.ErrSendFailed), "failed", "too_slow", "panicked":
		return outcome(codes.Error)
	}
	return outcome(codes.Unset)
}

var budgetShut = regexp.MustCompile(`^budget [a-z][a-z0-9_-]{0,23}( [a-z][a-z0-9-]{0,31})?( of the tenant)? is shut$`)

// other is the reason of what is on no list: a store's error, a sentence of the application's.
const other = "other"

// openings are reasons that go on with something else.
var openings = []string{challenge.ErrGone.Error(), "the provider could not send", "refused by the application"}

// reasonOf keeps a reason that the registry itself has written. Any other may quote a server, an application or a person.
func reasonOf(reason string) string {
	for _, o := range openings {
		if reason == o || strings.HasPrefix(reason, o+": ") {
			return o
		}
	}
	if reasons[reason] || budgetShut.MatchString(reason) {
		return reason
	}
	return other
}

func set(list ...string) map[string]bool {
	m := make(map[string]bool, len(list))
	for _, s := range list {
		m[s] = true
	}
	return m
}
