package httpapi

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/provider/device"
	"github.com/cofactor-mfa/cofactor/registry"
)

// Setup is a factor to be attached.
type Setup struct {
	Kind     string
	Input    json.RawMessage // for the provider: a phone number, say
	Label    string          // the user's name for it; "" for one made up
	Replaces string          // a factor that it takes the place of
}

// BeginSetup begins to attach a factor: within the pending login, or within the one that has just ended if policy wants a factor there, and otherwise on the
// strength of the last proof. With ErrSendFailed the Challenge is returned as well.
func (v *Visit) BeginSetup(s Setup) (registry.Challenge, error) {
	e := registry.Enrol{Who: v.Who, Kind: s.Kind, Input: s.Input, Label: s.Label, Replaces: s.Replaces}
	switch v.State() {
	case Anonymous:
		return registry.Challenge{}, fault(registry.ErrLoginRequired)
	case Pending:
		e.Pending = v.Pending
	default:
		if e.Pending = v.enrolling(s.Kind); e.Pending == "" {
			proof, err := v.proof()
			if err != nil {
				return registry.Challenge{}, err
			}
			e.Proof = proof
		}
	}
	return v.Registry.BeginSetup(v.ctx(), e)
}

// enrolling is the login within which a signed-in user may attach a factor of a kind; "" if there is none.
func (v *Visit) enrolling(kind string) string {
	if v.Pending == "" {
		return ""
	}
	login, err := v.Look()
	if err != nil || !slices.Contains(login.Enroll, kind) {
		return ""
	}
	return v.Pending
}

// FinishSetup checks the proof of a new factor and attaches it. A login that had asked for it may be over then, and signs the user in.
func (v *Visit) FinishSetup(a Answer) (registry.Login, error) {
	if v.State() == Anonymous {
		return registry.Login{}, fault(registry.ErrLoginRequired)
	}
	login, err := v.Registry.FinishSetup(v.ctx(), registry.Finish{Who: v.Who, Pending: v.Pending, Challenge: a.Challenge, Response: a.Response})
	if err != nil {
		return registry.Login{}, err
	}
	next := v.Session
	next.SignedIn = next.SignedIn || login.Satisfied
	next.Pending = login.Pending
	if login.Proof != "" {
		next.Proof = login.Proof
	}
	if _, trusted := login.Once.(device.Trusted); trusted {
		next.Browser = login.Factor
	}
	err = v.keep(next)
	if slices.ContainsFunc(login.Proved, func(p registry.Proved) bool { return p.Factor == login.Factor && p.Role == provider.Ordinary }) {
		v.endOthers() // also if this session could not be kept: the factor is attached
	}
	if err != nil {
		return registry.Login{}, err
	}
	giveToken(v.w, v.r, next.User, &login)
	return login, nil
}

// BeginStepUp begins a fresh proof of a factor: for action, in words that the user is shown, or for changes if it is "". It is for those who are
// signed in, and no way in.
func (v *Visit) BeginStepUp(factor, kind, action string) (registry.Challenge, error) {
	if err := v.signedIn(); err != nil {
		return registry.Challenge{}, err
	}
	if v.Proof == "" { // or a session that nothing holds any more would come back to life
		if err := v.Stands(); err != nil {
			return registry.Challenge{}, err
		}
	}
	ch, err := v.Registry.BeginStepUp(v.ctx(), registry.StepUp{Who: v.Who, Proof: v.Proof, Kind: kind, Factor: factor, Action: action})
	if errorIs(err, registry.ErrStepUpRequired) { // the session's proof is dead, and no step-up mends that
		return registry.Challenge{}, fault(registry.ErrLoginRequired)
	}
	return ch, err
}

// FinishStepUp checks its answer. A proof for an action does not take the place of the session's own.
func (v *Visit) FinishStepUp(a Answer) (registry.Login, error) {
	if err := v.signedIn(); err != nil {
		return registry.Login{}, err
	}
	login, err := v.Registry.FinishStepUp(v.ctx(), registry.Finish{Who: v.Who, Challenge: a.Challenge, Response: a.Response})
	if err != nil {
		return registry.Login{}, err
	}
	next := v.Session
	if login.Action != "" {
		next.Action, next.ActionProof = login.Action, login.Proof
	} else {
		next.Proof = login.Proof
	}
	if err := v.keep(next); err != nil {
		return registry.Login{}, err
	}
	return login, nil
}

// Factors lists what the user has attached, oldest first, trusted browsers and recovery codes included.
func (v *Visit) Factors() ([]registry.Attached, error) {
	if err := v.Stands(); err != nil {
		return nil, err
	}
	return v.Registry.Factors(v.ctx(), v.Who)
}

// Rename gives a factor another name.
func (v *Visit) Rename(factor, label string) (registry.Login, error) {
	return v.change(registry.Manage{Factor: factor, Label: label}, v.Registry.Rename, func() {})
}

// SetDefault makes a factor the one that a login offers first.
func (v *Visit) SetDefault(factor string) (registry.Login, error) {
	return v.change(registry.Manage{Factor: factor}, v.Registry.SetDefault, func() {})
}

// Remove detaches a factor, or has one trusted browser asked again. It ends the user's other sessions.
func (v *Visit) Remove(factor string) (registry.Login, error) {
	return v.change(registry.Manage{Factor: factor}, v.Registry.Remove, v.endOthers)
}

// ForgetBrowsers has every trusted browser of the user asked again. It ends the user's other sessions.
func (v *Visit) ForgetBrowsers() (registry.Login, error) {
	return v.change(registry.Manage{}, v.Registry.RemoveTrusted, v.endOthers)
}

// change makes one on the strength of the last proof, and keeps the proof that comes of it. What follows is done also if that could not be kept: the change is made.
func (v *Visit) change(
	m registry.Manage, carryOut func(context.Context, registry.Manage) (registry.Login, error), follows func(),
) (registry.Login, error) {
	proof, err := v.proof()
	if err != nil {
		return registry.Login{}, err
	}
	m.Who, m.Proof = v.Who, proof
	login, err := carryOut(v.ctx(), m)
	if err != nil {
		return registry.Login{}, err
	}
	next := v.Session
	next.Proof = login.Proof
	err = v.keep(next)
	follows()
	if err != nil {
		return registry.Login{}, err
	}
	return login, nil
}

// Activity is what has happened lately in the account: what Config.Activity says.
func (v *Visit) Activity(n int) ([]registry.Event, error) {
	if err := v.Stands(); err != nil {
		return nil, err
	}
	if v.h.cfg.Activity == nil {
		return nil, nil
	}
	return guarded(v.h, v.r, "Activity", func() ([]registry.Event, error) { return v.h.cfg.Activity(v.ctx(), v.Who, n) })
}
