package registry_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/cofactor-mfa/cofactor/registry"
)

// TestModel makes random ceremonies, of two users with two sessions each, and compares everything that can be seen of them with the model in
// rules_test.go, which knows the rules and nothing of how they are kept.
func TestModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		w := newWorld(t, newSecret("pin"))
		m := &machine{T: rt, t: t, w: w, r: w.registry(func(c *registry.Config) { c.MaxPerKind = 3 }), users: map[string]*user{"alice": {}, "bob": {}}}
		for range 3 {
			m.run(rt)
		}
	})
}

func (m *machine) run(rt *rapid.T) {
	rt.Repeat(map[string]func(*rapid.T){
		"start": m.start, "attach": m.attach, "sign in": m.signIn, "begin": m.begin, "set up": m.setUp, "step up": m.stepUp,
		"answer": func(rt *rapid.T) { m.answer(rapid.Bool().Draw(rt, "right")) }, "answer right": func(*rapid.T) { m.answer(true) },
		"remove": m.remove, "consume": m.consume, "resume": m.resume, "invalidate": m.invalidate,
		"pass": func(rt *rapid.T) {
			m.w.clock.Add(time.Duration(rapid.SampledFrom([]int{1, 61, 299, 301, 660, 3600}).Draw(rt, "s")) * time.Second)
		},
		"": m.invariant,
	})
}

// machine drives a registry and the model side by side.
type machine struct {
	*rapid.T
	t        *testing.T
	w        *world
	r        *registry.Registry
	users    map[string]*user
	pendings []*pending
	open     []*opened
	proofs   []*proof
}

func (m *machine) now() time.Time { return m.w.clock.Now() }

// who draws a user in a session. Now and then it is not the one whose token is used with it.
func (m *machine) who() registry.Who {
	who := []registry.Who{alice(), bob()}[rapid.IntRange(0, 1).Draw(m.T, "user")]
	who.Binding = rapid.SampledFrom([]string{"one", "two"}).Draw(m.T, "session")
	return who
}

func (m *machine) whoOf(h holder) registry.Who {
	if rapid.IntRange(0, 9).Draw(m.T, "thief") == 0 {
		return m.who()
	}
	who := alice()
	if h.user == "bob" {
		who = bob()
	}
	who.Binding = h.session
	return who
}

func pick[T any](m *machine, list []T) T {
	if len(list) == 0 {
		m.Skip("none yet")
	}
	return list[len(list)-1-rapid.IntRange(0, min(len(list), 6)-1).Draw(m.T, "pick")]
}

// same compares what the registry said with what the model says.
func (m *machine) same(op string, err error, want registry.Code) bool {
	m.Helper()
	var got registry.Code
	if e := (*registry.Error)(nil); errors.As(err, &e) {
		got = e.Code
	} else if err != nil {
		m.Fatalf("%s: %v is no typed error", op, err)
	}
	if got != want {
		m.Fatalf("%s: %q, the model says %q (%v; %+v)", op, got, want, err, m.w.lastEvent())
	}
	return want == ""
}

func (m *machine) start(*rapid.T) { m.startAs(m.who()) }

// attach gives a user who has no factor the first one, all in one go.
func (m *machine) attach(*rapid.T) {
	who := m.who()
	if len(m.users[who.User.ID].factors) > 0 {
		m.Skip("has one")
	}
	p := m.startAs(who)
	o := &opened{purpose: "set-up", left: 5, pending: p, holder: p.holder}
	m.setUpAs(o, nil, who, registry.Enrol{Pending: p.token})
	m.finish(o, p, who, o.purpose, true)
}

// signIn is a whole login, all in one go, if the user is not locked.
func (m *machine) signIn(*rapid.T) {
	who := m.who()
	u := m.users[who.User.ID]
	if len(u.factors) == 0 || u.lockedFor(m.now()) > 0 {
		m.Skip("cannot")
	}
	p := m.startAs(who)
	m.beginAs(p, who, u.factors[0])
	m.finish(m.open[len(m.open)-1], p, who, "login", true)
}

func (m *machine) startAs(who registry.Who) *pending {
	u := m.users[who.User.ID]
	l := start(m.t, m.r, who)
	if u.epoch == 0 {
		u.epoch = 1
	}
	if l.Satisfied != (len(u.factors) == 0) || (l.Proof != "") != l.Satisfied || len(l.Choices) != len(u.factors) || l.MayEnroll != l.Satisfied {
		m.Fatalf("a login of a user with %d factors: %+v", len(u.factors), l)
	}
	h := holder{who.User.ID, who.Binding, u.epoch, m.now(), nil}
	m.pendings = append(m.pendings, &pending{holder: h, token: l.Pending, expires: m.now().Add(10 * time.Minute), login: new(bool)})
	if l.Satisfied {
		m.proofs = append(m.proofs, &proof{holder: h, token: l.Proof, made: m.now()})
	}
	return m.pendings[len(m.pendings)-1]
}

func (m *machine) begin(rt *rapid.T) {
	p := pick(m, m.pendings)
	who, u := m.whoOf(p.holder), m.users[p.user]
	id := "none"
	if len(u.factors) > 0 && rapid.IntRange(0, 9).Draw(rt, "none") > 0 {
		id = rapid.SampledFrom(u.factors).Draw(rt, "factor")
	}
	m.beginAs(p, who, id)
}

func (m *machine) beginAs(p *pending, who registry.Who, id string) {
	u := m.users[p.user]
	ch, err := m.r.BeginLogin(m.t.Context(), registry.Begin{Who: who, Pending: p.token, Factor: id})
	if m.same("begin", err, m.beginRule(p, who, u, id)) {
		m.open = append(m.open, &opened{holder: p.holder, id: ch.ID, factor: id, expires: ch.Expires, left: 5, pending: p, purpose: "login"})
	}
}

func (m *machine) stepUp(*rapid.T) {
	who := m.who()
	u := m.users[who.User.ID]
	id := "none"
	if len(u.factors) > 0 {
		id = rapid.SampledFrom(u.factors).Draw(m.T, "factor")
	}
	action := rapid.SampledFrom([]string{"", "pay"}).Draw(m.T, "action")
	ch, err := m.r.BeginStepUp(m.t.Context(), registry.StepUp{Who: who, Factor: id, Action: action})
	want := registry.Code("")
	if id == "none" {
		want = registry.ErrNoFactor
	}
	if m.same("step up", err, want) {
		h := holder{who.User.ID, who.Binding, u.epoch, time.Time{}, nil}
		m.open = append(m.open, &opened{holder: h, id: ch.ID, factor: id, expires: ch.Expires, left: 5, purpose: "step-up", action: action})
	}
}

func (m *machine) setUp(rt *rapid.T) {
	e := registry.Enrol{}
	o := &opened{purpose: "set-up", left: 5}
	var byProof *proof
	if rapid.Bool().Draw(rt, "by proof") {
		byProof = pick(m, m.proofs)
		o.holder, e.Proof = byProof.holder, byProof.token
	} else {
		o.pending = pick(m, m.pendings)
		o.holder, e.Pending = o.pending.holder, o.pending.token
	}
	u := m.users[o.user]
	if len(u.factors) > 0 && rapid.Bool().Draw(rt, "replace") {
		o.replaces = rapid.SampledFrom(u.factors).Draw(rt, "replaces")
		e.Replaces = o.replaces
	}
	m.setUpAs(o, byProof, m.whoOf(o.holder), e)
}

func (m *machine) setUpAs(o *opened, by *proof, who registry.Who, e registry.Enrol) {
	e.Who, e.Kind = who, "pin"
	o.begun = m.now()
	ch, err := m.r.BeginSetup(m.t.Context(), e)
	if m.same("set up", err, m.setUpRule(o, by, who)) {
		o.id, o.expires = ch.ID, ch.Expires
		m.open = append(m.open, o)
	}
}

// answer finishes a challenge at its door, or now and then at another.
func (m *machine) answer(right bool) {
	o := pick(m, m.open)
	who, door := m.whoOf(o.holder), o.purpose
	if rapid.IntRange(0, 9).Draw(m.T, "other door") == 0 {
		door = rapid.SampledFrom([]string{"login", "step-up", "set-up"}).Draw(m.T, "door")
	}
	p := o.pending
	if p != nil && rapid.IntRange(0, 9).Draw(m.T, "other pending") == 0 {
		p = pick(m, m.pendings)
	}
	m.finish(o, p, who, door, right)
}

func (m *machine) finish(o *opened, p *pending, who registry.Who, door string, right bool) {
	f := registry.Finish{Who: who, Challenge: o.id, Response: no}
	if right {
		f.Response = yes
	}
	if p != nil {
		f.Pending = p.token
	}
	u := m.users[o.user]
	want := m.answerRule(o, p, who, door, right, u)
	var got registry.Login
	var err error
	switch door {
	case "login":
		got, err = m.r.FinishLogin(m.t.Context(), f)
	case "step-up":
		got, err = m.r.FinishStepUp(m.t.Context(), f)
	case "set-up":
		got, err = m.r.FinishSetup(m.t.Context(), f)
	}
	op := fmt.Sprintf("%s at %s, right: %v", o.purpose, door, right)
	if !m.same(op, err, want) {
		e := err.(*registry.Error)
		if got.Satisfied || got.Proof != "" || want == registry.ErrRejected && e.AttemptsLeft != o.left || want == registry.ErrLocked && e.RetryAfter != u.lockedFor(m.now()) {
			m.Fatalf("%s: %+v with %+v; %d attempts left, locked for %v", op, e, got, o.left, u.lockedFor(m.now()))
		}
		return
	}
	if !got.Satisfied || got.Proof == "" {
		m.Fatalf("%s: %+v", op, got)
	}
	m.proofs = append(m.proofs, m.succeed(o, p, u, got))
}

func (m *machine) remove(*rapid.T) {
	p := pick(m, m.proofs)
	who, u := m.whoOf(p.holder), m.users[p.user]
	id := "none"
	if len(u.factors) > 0 {
		id = rapid.SampledFrom(u.factors).Draw(m.T, "factor")
	}
	got, err := m.r.Remove(m.t.Context(), registry.Manage{Who: who, Proof: p.token, Factor: id})
	if m.same("remove", err, m.removeRule(p, who, u, id)) {
		u.drop(id)
		u.epoch++
		h := p.without(id)
		h.epoch = u.epoch
		m.proofs = append(m.proofs, &proof{holder: h, token: got.Proof, made: m.now()})
	}
}

func (m *machine) consume(*rapid.T) {
	p := pick(m, m.proofs)
	action := rapid.SampledFrom([]string{p.action, "pay"}).Draw(m.T, "action")
	who := m.whoOf(p.holder)
	need := registry.Need{Who: who, Action: action}
	want := m.proofRule(p, who, action)
	if action == "" {
		m.same("check", m.r.Check(m.t.Context(), p.token, need), want)
		return
	}
	if want == "" && p.spent {
		want = registry.ErrStepUpRequired
	}
	if m.same("consume", m.r.Consume(m.t.Context(), p.token, need), want) {
		p.spent = true
	}
}

func (m *machine) resume(*rapid.T) {
	o := pick(m, m.open)
	who := m.whoOf(o.holder)
	ch, err := m.r.Resume(m.t.Context(), registry.Again{Who: who, Challenge: o.id})
	want := registry.Code("")
	if !o.live(m.now()) || !o.is(who) || o.epoch != m.users[o.user].epoch {
		want = registry.ErrChallengeGone
	}
	if m.same("resume", err, want) && (ch.AttemptsLeft != o.left || ch.ID != o.id) {
		m.Fatalf("resume: %+v, %d attempts left", ch, o.left)
	}
}

func (m *machine) invalidate(*rapid.T) {
	who := m.who()
	if err := m.r.InvalidateUser(m.t.Context(), "", who.User.ID); err != nil {
		m.Fatal(err)
	}
	if u := m.users[who.User.ID]; u.epoch > 0 {
		u.epoch++
	}
}

// invariant compares what is attached.
func (m *machine) invariant(*rapid.T) {
	for id, u := range m.users {
		who := alice()
		who.User.ID = id
		var have []string
		for _, f := range factors(m.t, m.r, who) {
			have = append(have, f.ID)
		}
		slices.Sort(have)
		want := slices.Sorted(slices.Values(u.factors))
		if !slices.Equal(have, want) {
			m.Fatalf("%s has %q, the model says %q", id, have, want)
		}
	}
}
