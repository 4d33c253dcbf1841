package policy

// view is the facts as a rule within other rules sees them: what does not count for it is masked, not copied, so that deciding allocates nothing.
type view struct {
	Facts
	factors, steps, kinds Set
	twice                 bool // a passkey that verified the user counts as two factors
	recovering            bool // asks what a recovery code stands for
}

// view masks what does not count for any rule: a factor that travels over the channel which the first factor has come over already. A code by mail after a link
// by mail proves the same mailbox twice.
func (f Facts) view() view {
	v := view{Facts: f, factors: first(len(f.Factors)), steps: first(len(f.Steps)), kinds: first(len(f.Kinds))}
	for i := range f.Primary {
		if c := channelOf(f.Primary[i]); c != "" {
			v = v.without(func(k Kind) bool { return k.ordinary() && k.Channel == c })
		}
	}
	return v
}

// channelOf is the channel that a first factor's method says it came over.
func channelOf(method string) string {
	switch method {
	case "sms", "tel":
		return "phone"
	}
	return method
}

// without masks the factors, steps and kinds of which drop is true.
func (v view) without(drop func(Kind) bool) view {
	for i := range v.Factors {
		if drop(v.Factors[i].kind()) {
			v.factors.drop(i)
		}
	}
	for i := range v.Steps {
		if drop(v.Steps[i].kind()) {
			v.steps.drop(i)
		}
	}
	for i := range v.Kinds {
		if drop(v.Kinds[i]) {
			v.kinds.drop(i)
		}
	}
	return v
}

// proved is how many factors were proved besides the first one. Where no first factor was given - a passkey that named its user - one of
// the steps is the first factor, unless it verified the user itself and so is worth two.
func (v view) proved() int {
	n, verified, passkey := 0, false, false
	for i := range v.Steps {
		s := &v.Steps[i]
		if !v.steps.Has(i) || s.Trusted {
			continue
		}
		if !v.counted(i) {
			n++
		}
		verified = verified || s.Verified && !s.StandIn
		passkey = passkey || s.Verified && !s.StandIn && s.PhishingResistant
	}
	if len(v.Primary) == 0 && !verified && n > 0 {
		n--
	}
	if v.twice && passkey {
		n++
	}
	return n
}

// counted says that an earlier step stands for the same factor as step i: two of one channel count once, and recovery codes once in all.
func (v view) counted(i int) bool {
	s := &v.Steps[i]
	for j := range i {
		b := &v.Steps[j]
		switch {
		case !v.steps.Has(j), b.Trusted:
		case b.StandIn && s.StandIn:
			return true
		case b.StandIn != s.StandIn:
		case b.Factor == s.Factor, b.Channel != "" && b.Channel == s.Channel:
			return true
		}
	}
	return false
}

// attached is how many factors the user has that count, usable or not: as many as a login could prove.
func (v view) attached() int {
	n := 0
	for i := range v.Factors {
		if v.factors.Has(i) && !v.attachedBefore(i) {
			n++
		}
	}
	return n
}

func (v view) attachedBefore(i int) bool {
	f := &v.Factors[i]
	for j := range i {
		if b := &v.Factors[j]; v.factors.Has(j) && (b.ID == f.ID || b.Channel != "" && b.Channel == f.Channel) {
			return true
		}
	}
	return false
}

// open says that factor i counts, can be used, and was not proved yet, nor another of its channel.
func (v view) open(i int) bool {
	f := &v.Factors[i]
	if !v.factors.Has(i) || !f.Usable {
		return false
	}
	for j := range v.Steps {
		if s := &v.Steps[j]; v.steps.Has(j) && s.proves() && (s.Factor == f.ID || s.Channel != "" && s.Channel == f.Channel) {
			return false
		}
	}
	return true
}

// mayAttach says that a factor may be attached on what was proved: something beside the first factor, whether it counts here or not, or a recovery
// code. A passkey that was found, and has verified nobody, is not enough. Of somebody who has no factor the first factor is. // attack: A-79
func (v view) mayAttach() bool {
	v.steps, v.twice = first(len(v.Steps)), false
	return len(v.Factors) == 0 || v.proved() > 0
}

// fresh are the kinds of which another factor would count beside those attached.
func (v view) fresh() (s Set) {
	for i := range v.Kinds {
		k := v.Kinds[i]
		if !v.kinds.Has(i) || !k.ordinary() {
			continue
		}
		taken := false
		for j := range v.Factors {
			taken = taken || v.factors.Has(j) && k.Channel != "" && v.Factors[j].Channel == k.Channel
		}
		if !taken {
			s.Add(i)
		}
	}
	return s
}

// standIn says that a recovery code is among the steps that count.
func (v view) standIn() bool {
	for i := range v.Steps {
		if v.steps.Has(i) && v.Steps[i].StandIn {
			return true
		}
	}
	return false
}
