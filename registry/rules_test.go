package registry_test

import (
	"slices"
	"time"

	"github.com/cofactor-mfa/cofactor/registry"
)

// This file is the model of TestModel: the rules of the registry for one kind of factor, told once more and as directly as possible.

// user is an account.
type user struct {
	epoch   int // 0: there is none
	factors []string
	used    int // failures charged since the budget was full
	level   int // how often it was shut
	shut    time.Time
	last    time.Time // the last charge
}

func (u *user) drop(id string) {
	u.factors = slices.DeleteFunc(u.factors, func(f string) bool { return f == id })
}

func (u *user) lockedFor(now time.Time) time.Duration { return max(0, u.shut.Sub(now)) }

// charge takes one of ten failures, which a user has until the account is locked for 15 minutes, 30, and so on to a day.
func (u *user) charge(now time.Time) {
	switch {
	case !u.last.IsZero() && now.Sub(u.last) >= 24*time.Hour:
		u.used, u.level, u.shut = 0, 0, time.Time{}
	case !u.shut.IsZero():
		u.used, u.shut = 0, time.Time{}
	}
	u.used++
	u.last = now
	if u.used == 10 {
		u.shut = now.Add(min(15*time.Minute<<u.level, 24*time.Hour))
		u.level++
	}
}

// holder is whose a token is, and what it has proved.
type holder struct {
	user, session string
	epoch         int
	primary       time.Time // when the first factor was checked; zero if it was not
	steps         []proved
}

type proved struct {
	factor string
	at     time.Time
}

func (h holder) is(who registry.Who) bool { return h.user == who.User.ID && h.session == who.Binding }

func (h holder) with(factor string, at time.Time) holder {
	h.steps = append(slices.Clone(h.steps), proved{factor, at})
	return h
}

func (h holder) without(factor string) holder {
	h.steps = slices.DeleteFunc(slices.Clone(h.steps), func(p proved) bool { return p.factor == factor })
	return h
}

// fresh says that a factor was proved in the last five minutes.
func (h holder) fresh(now time.Time) bool {
	return slices.ContainsFunc(h.steps, func(p proved) bool { return now.Sub(p.at) < 5*time.Minute })
}

type pending struct {
	holder
	token   string
	expires time.Time
	login   *bool // whether the login is over
}

type proof struct {
	holder
	token, action string
	made          time.Time
	spent         bool
}

// opened is a challenge that was begun.
type opened struct {
	holder
	id, purpose, factor, action, replaces string
	begun, expires                        time.Time
	left                                  int
	done                                  bool
	pending                               *pending
}

func (o *opened) live(now time.Time) bool { return !o.done && o.left > 0 && now.Before(o.expires) }

func (m *machine) beginRule(p *pending, who registry.Who, u *user, id string) registry.Code {
	switch {
	case !p.is(who) || !m.now().Before(p.expires) || p.epoch != u.epoch:
		return registry.ErrLoginRequired
	case id == "none":
		return registry.ErrNoFactor
	}
	return ""
}

// setUpRule says whether a set-up may begin.
func (m *machine) setUpRule(o *opened, by *proof, who registry.Who) registry.Code {
	switch {
	case by != nil && (!o.is(who) || by.action != "" || m.now().Sub(by.made) >= 24*time.Hour):
		return registry.ErrStepUpRequired
	case by == nil && (!o.is(who) || !m.now().Before(o.pending.expires)):
		return registry.ErrLoginRequired
	}
	return m.mayAttach(o, m.users[o.user])
}

// mayAttach goes by the time when the set-up began: what was fresh then stays so while it is open.
func (m *machine) mayAttach(o *opened, u *user) registry.Code {
	others := len(u.factors)
	if slices.Contains(u.factors, o.replaces) {
		others--
	}
	switch {
	case o.epoch != u.epoch:
		return registry.ErrLoginRequired
	case len(u.factors) > 0 && (!o.fresh(o.begun) || o.pending != nil):
		return registry.ErrStepUpRequired
	case len(u.factors) == 0 && (o.pending == nil || o.begun.Sub(o.primary) >= 10*time.Minute):
		return registry.ErrLoginRequired
	case others >= 3:
		return registry.ErrFactorLimit
	}
	return ""
}

// answerRule says what becomes of an answer, and counts it.
func (m *machine) answerRule(o *opened, p *pending, who registry.Who, door string, right bool, u *user) registry.Code {
	now := m.now()
	switch {
	case !o.live(now):
		return registry.ErrChallengeGone
	case u.lockedFor(now) > 0:
		return registry.ErrLocked
	}
	before := *u
	o.left--
	u.charge(now)
	switch {
	case door != o.purpose || !o.is(who):
		return registry.ErrChallengeGone
	case o.pending != nil && (!p.is(who) || !now.Before(p.expires)):
		return registry.ErrLoginRequired
	case o.pending != nil && p.login != o.pending.login, o.epoch != u.epoch:
		return registry.ErrChallengeGone
	}
	if o.purpose == "set-up" {
		if code := m.mayAttach(o, u); code != "" {
			return code
		}
	}
	switch {
	case !right:
		return registry.ErrRejected
	case o.pending != nil && *o.pending.login:
		return registry.ErrChallengeGone
	}
	u.used, u.level, u.shut, u.last = before.used, before.level, before.shut, before.last
	return ""
}

// succeed is what a right answer changes, and the proof that comes of it.
func (m *machine) succeed(o *opened, p *pending, u *user, got registry.Login) *proof {
	o.done = true
	if o.pending != nil {
		*o.pending.login = true
	}
	h := o.holder
	if p != nil {
		h = p.holder
	}
	switch o.purpose {
	case "login":
		u.used, u.level, u.shut, u.last = 0, 0, time.Time{}, time.Time{}
		h = h.with(o.factor, m.now())
	case "step-up":
		h = h.with(o.factor, m.now())
	case "set-up":
		if o.replaces != "" {
			u.drop(o.replaces)
			u.epoch++
			h = h.without(o.replaces)
			h.epoch = u.epoch
		}
		u.factors = append(u.factors, got.Factor)
		h = h.with(got.Factor, m.now())
	}
	return &proof{holder: h, token: got.Proof, action: o.action, made: m.now()}
}

func (m *machine) removeRule(p *proof, who registry.Who, u *user, id string) registry.Code {
	switch {
	case !p.is(who) || p.action != "" || p.epoch != u.epoch || !p.fresh(m.now()):
		return registry.ErrStepUpRequired
	case id == "none":
		return registry.ErrNoFactor
	}
	return ""
}

// proofRule says whether a proof is good for an action, or for none.
func (m *machine) proofRule(p *proof, who registry.Who, action string) registry.Code {
	recent := p.fresh(m.now()) || len(p.steps) == 0 && m.now().Sub(p.primary) < 5*time.Minute
	if !p.is(who) || p.action != action || p.epoch != m.users[p.user].epoch || !recent {
		return registry.ErrStepUpRequired
	}
	return ""
}
