// Package audit brings a registry's events to where they are kept and watched: a log, a SIEM, another service.
//
// There are two ways, for two needs. [Log] as registry.Config.Observe writes down everything that happens, wrong answers included, as it happens; what a
// process had not written when it crashed is lost. A [Relay] takes the events of changes - a factor was added, somebody was locked - out of the factor store's
// outbox, where they are part of the change itself, and hands each to its [Sink] at least once, however often the sink or the process fails.
//
// A relay has one sink and reads one queue. A program with several sinks names a queue for each in registry.Config.Queues, and runs a relay for each; a sink that
// is down then holds up no other, and has no other told twice. Any number of replicas may run the same relays.
package audit

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/cofactor-mfa/cofactor/registry"
)

// Sink takes events. Methods must be safe for concurrent use and honour ctx.
//
// An error has the event delivered again, later; so may a crash after a success. Whoever must not count an event twice remembers its ID.
type Sink interface {
	Deliver(ctx context.Context, r Record) error
}

// ErrRefused is what a Sink's error wraps when it is up and does not want this event. The event is delivered again all the same, later and less and less often, but
// the relay does not take the sink for one that is down.
var ErrRefused = errors.New("audit: the sink does not take this event")

// Record is an event on its way.
type Record struct {
	registry.Event
	JSON json.RawMessage // as it was stored: a newer version's event may have fields that Event does not
}

// clock is the system's unless there is another.
func clock(now func() time.Time) func() time.Time {
	if now == nil {
		return time.Now
	}
	return now
}
