package registry

import (
	"context"
	"encoding/json"
	"time"

	"github.com/cofactor-mfa/cofactor/challenge"
)

// Event is what happened, for the application's log and audit. It knows more than the answer to the client did, and still holds no secret, no code, no
// name, and no address that something could be sent to. docs/reference/events.md lists every value.
type Event struct {
	Version int       `json:"v"`            // of this encoding: 1
	ID      string    `json:"id,omitempty"` // the same wherever this event turns up, however often
	At      time.Time `json:"at"`
	Op      string    `json:"op"`               // "finish_login"
	Result  string    `json:"result"`           // "ok", or the code of the error that was returned; "" if it is still to be done
	Reason  string    `json:"reason,omitempty"` // why, for operators only
	Signal  string    `json:"signal,omitempty"` // what it may be a sign of: one of the Signal constants
	Tenant  string    `json:"tenant,omitempty"`
	User    string    `json:"user,omitempty"`
	Kind    string    `json:"kind,omitempty"`
	Factor  string    `json:"factor,omitempty"`
	Actor   string    `json:"actor,omitempty"`   // the administrator, if it was not the user
	Note    string    `json:"note,omitempty"`    // the provider's, or the administrator's reason
	Address string    `json:"address,omitempty"` // Client.Address
	Agent   string    `json:"agent,omitempty"`   // Client.Agent
	Notice  string    `json:"notice,omitempty"`  // what the user is told of it: one of provider's Notice constants
	// EndSessions advises the application to end the user's other sessions: a factor was added, replaced or removed (ASVS 7.4.3).
	EndSessions bool `json:"end_sessions,omitempty"`
}

const eventVersion = 1

// encode is the one encoding of events, in the outbox as everywhere else.
func (e Event) encode() []byte {
	b, err := json.Marshal(e)
	if err != nil { // A struct of strings and a time of this era always encodes.
		return []byte(`{"v":1,"op":"internal"}`)
	}
	return b
}

// call is one call of a Registry method: when it was made, what it is called, and whom it is about. It is what errors and events
// are made from.
type call struct {
	r      *Registry
	id     string // of the event that the call ends with
	op     string
	now    time.Time
	tenant string
	user   string
	kind   string
	factor string
	actor  string
	note   string
	signal string
	notice string
	client Client
	result string // what the call has ended with, for whoever traces it; "" as long as nothing was told
	reason string
	lock   *lock    // what the call's charge has shut, if it stays
	posted bool     // the change has notices in it
	direct []letter // to be delivered when the change has been made, where there is no outbox

	purpose challenge.Purpose // of what is being sent
}

func (r *Registry) call(op string, w Who) *call {
	c := &call{r: r, id: randomID(), op: op, now: r.now(), client: w.Client.printable()}
	if validID(w.User.Tenant) && validID(w.User.ID) { // what is refused is not repeated
		c.tenant, c.user = w.User.Tenant, w.User.ID
	}
	return c
}

// fail reports why a call failed, and returns what the client may know of it.
func (c *call) fail(ctx context.Context, code Code, reason string) *Error {
	c.tellLock(ctx)
	c.result, c.reason = string(code), reason
	c.r.observe(ctx, c.event(string(code), reason))
	e := &Error{Code: code, Op: c.op, Kind: c.kind}
	if code == ErrChallengeGone { // whatever the reason, and however far the call got // attack: A-145
		e.Kind = ""
	}
	return e
}

// done reports that a call succeeded.
func (c *call) done(ctx context.Context, reason string) {
	c.result, c.reason = "ok", reason
	c.r.observe(ctx, c.event("ok", reason))
}

// event is what the call ends with. It has one id, whether it is observed, put into the outbox, or both.
func (c *call) event(result, reason string) Event {
	return Event{
		Version: eventVersion, ID: c.id, At: c.now, Op: c.op, Result: result, Reason: reason, Signal: c.signal, Tenant: c.tenant, User: c.user,
		Kind: c.kind, Factor: c.factor, Actor: c.actor, Note: c.note, Address: c.client.Address, Agent: c.client.Agent, Notice: c.notice,
	}
}

// quietly ends a call that succeeded, and that nobody is told of but who traces it.
func (c *call) quietly() { c.result = "ok" }

// report tells what happens beside a call's own end.
func (c *call) report(ctx context.Context, result, reason string) {
	c.r.observe(ctx, c.beside(result, reason))
}

// observe hands an event to the application, whose panic is not to change the outcome of a login.
func (r *Registry) observe(ctx context.Context, e Event) {
	if r.cfg.Observe == nil {
		return
	}
	defer func() { _ = recover() }()
	r.cfg.Observe(ctx, e)
}
