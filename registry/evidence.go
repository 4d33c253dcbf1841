package registry

import (
	"bytes"
	"slices"
	"time"

	"github.com/cofactor-mfa/cofactor/internal/wire"
	"github.com/cofactor-mfa/cofactor/policy"
	"github.com/cofactor-mfa/cofactor/provider"
)

// evidence is what a login has proved so far, for whom, and under which epoch. It is what a Pending and a Proof carry, sealed.
type evidence struct {
	login     []byte // 16 random bytes, made by StartLogin
	tenant    string
	user      string
	binding   []byte
	epoch     int64
	primary   []string
	primaryAt time.Time
	expires   time.Time // set once, when the login starts
	steps     []policy.Step
	stated    bool // the application has said what follows: it need not remember it, and the client cannot change it
	about     About
}

const (
	evidenceFormat  = 2 // 1 had neither stated nor about; it is still read
	evidenceFormat1 = 1
	maxMethods      = 16
	maxSteps        = 32
	maxRoles        = 16
	maxAttributes   = 16
	maxAbout        = 1 << 10 // bytes of roles and attributes together
)

func (e evidence) encode() []byte {
	b := make([]byte, 0, 192)
	b = append(b, evidenceFormat)
	b = wire.AppendBytes(b, e.login)
	b = wire.AppendString(b, e.tenant)
	b = wire.AppendString(b, e.user)
	b = wire.AppendBytes(b, e.binding)
	b = wire.AppendUint(b, uint64(e.epoch))
	b = appendStrings(b, e.primary)
	b = wire.AppendTime(b, e.primaryAt)
	b = wire.AppendTime(b, e.expires)
	b = wire.AppendUint(b, uint64(len(e.steps)))
	for _, s := range e.steps {
		b = wire.AppendString(b, s.Factor)
		b = wire.AppendString(b, s.Kind)
		b = wire.AppendString(b, s.Channel)
		b = append(b, byte(s.Class), stepFlags(s))
		b = appendStrings(b, s.AMR)
		b = wire.AppendTime(b, s.At)
	}
	if !e.stated {
		return append(b, 0)
	}
	b = append(b, 1, byte(e.about.Risk))
	b = appendStrings(b, e.about.Roles)
	b = wire.AppendUint(b, uint64(len(e.about.Attributes)))
	for _, a := range e.about.Attributes {
		b = wire.AppendString(b, a.Name)
		b = wire.AppendString(b, a.Value)
	}
	return b
}

func decodeEvidence(b []byte) (evidence, error) {
	r := wire.Read(b)
	e := readEvidence(r)
	return e, r.Done()
}

func readEvidence(r *wire.Reader) evidence {
	format := r.Byte()
	if format != evidenceFormat && format != evidenceFormat1 {
		r.Fail()
	}
	e := evidence{
		login:     r.Bytes(maxIDBytes),
		tenant:    r.String(maxIDBytes),
		user:      r.String(maxIDBytes),
		binding:   r.Bytes(maxIDBytes),
		epoch:     int64(r.Uint()),
		primary:   readStrings(r),
		primaryAt: r.Time(),
		expires:   r.Time(),
	}
	for n := r.Int(maxSteps); n > 0; n-- {
		s := policy.Step{Factor: r.String(maxIDBytes), Kind: r.String(maxIDBytes), Channel: r.String(maxIDBytes), Class: policy.Class(r.Byte())}
		flags := r.Byte()
		if s.Class > policy.Inherence || flags >= 1<<4 {
			r.Fail()
		}
		s.Verified, s.PhishingResistant = flags&flagVerified != 0, flags&flagResistant != 0
		s.StandIn, s.Trusted = flags&flagStandIn != 0, flags&flagTrusted != 0
		s.AMR = readStrings(r)
		s.At = r.Time()
		e.steps = append(e.steps, s)
	}
	if format == evidenceFormat1 { // what was never said is not known, which asks for more and never for less
		return e
	}
	if e.stated = r.Int(1) == 1; e.stated {
		e.about = readAbout(r)
	}
	return e
}

func readAbout(r *wire.Reader) About {
	a := About{Risk: policy.Risk(r.Byte())}
	if a.Risk > policy.HighRisk {
		r.Fail()
	}
	a.Roles = readStrings(r)
	for n := r.Int(maxAttributes); n > 0; n-- {
		a.Attributes = append(a.Attributes, policy.Attribute{Name: r.String(maxIDBytes), Value: r.String(maxIDBytes)})
	}
	return a
}

const (
	flagVerified = 1 << iota
	flagResistant
	flagStandIn
	flagTrusted
)

func stepFlags(s policy.Step) (flags byte) {
	for i, set := range [...]bool{s.Verified, s.PhishingResistant, s.StandIn, s.Trusted} {
		if set {
			flags |= 1 << i
		}
	}
	return flags
}

func (e evidence) amr() []string { return policy.AMR(e.primary, e.steps) }
func (e evidence) aal() int      { return policy.AAL(e.primary, e.steps) }

// proved is what a Login tells of it.
func (e evidence) proved() []Proved {
	list := make([]Proved, 0, 1+len(e.steps))
	if len(e.primary) > 0 {
		list = append(list, Proved{AMR: slices.Clone(e.primary), At: e.primaryAt})
	}
	for _, s := range e.steps {
		p := Proved{
			Factor: s.Factor, Kind: s.Kind, AMR: slices.Clone(s.AMR), At: s.At, Verified: s.Verified, PhishingResistant: s.PhishingResistant,
		}
		switch {
		case s.StandIn:
			p.Role = provider.Recovery
		case s.Trusted:
			p.Role = provider.Transient
		}
		list = append(list, p)
	}
	return list
}

// belongs says whether the evidence is about this user in this session. // attack
func (e evidence) belongs(w Who) bool {
	return e.user != "" && e.tenant == w.User.Tenant && e.user == w.User.ID && bytes.Equal(e.binding, w.digest())
}

// with is the evidence after another step. The slice is the caller's own: a Pending may fork. The same factor proved again in the same way takes the
// place of what it proved before, so that evidence that step-ups carry on does not grow.
func (e evidence) with(s policy.Step) evidence {
	kept := slices.DeleteFunc(slices.Clone(e.steps), func(old policy.Step) bool {
		return old.Factor == s.Factor && old.Verified == s.Verified && slices.Equal(old.AMR, s.AMR)
	})
	e.steps = append(kept, s)
	return e
}

// without is the evidence when a factor is gone: what it proved no longer counts. // attack: A-83
func (e evidence) without(factorID string) evidence {
	var kept []policy.Step
	for _, s := range e.steps {
		if s.Factor != factorID {
			kept = append(kept, s)
		}
	}
	e.steps = kept
	return e
}

// provedOnly is the evidence without what only stood in for a proof.
func (e evidence) provedOnly() evidence { return e.since(time.Time{}) }

// standsIn says that a recovery factor, or a trusted browser, is part of what the evidence amounts to.
func (e evidence) standsIn() (recovery, trusted bool) {
	for _, s := range e.steps {
		recovery, trusted = recovery || s.StandIn, trusted || s.Trusted
	}
	return recovery, trusted
}

// since is the evidence without what was proved at that time or before, and without what only stood in for a proof.
func (e evidence) since(at time.Time) evidence {
	e.steps = slices.DeleteFunc(slices.Clone(e.steps), func(s policy.Step) bool { return s.StandIn || s.Trusted || !s.At.After(at) })
	return e
}

func appendStrings(b []byte, list []string) []byte {
	b = wire.AppendUint(b, uint64(len(list)))
	for _, s := range list {
		b = wire.AppendString(b, s)
	}
	return b
}

func readStrings(r *wire.Reader) []string {
	var list []string
	for n := r.Int(maxMethods); n > 0; n-- {
		list = append(list, r.String(maxIDBytes))
	}
	return list
}
