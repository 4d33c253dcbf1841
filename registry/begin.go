package registry

import (
	"context"
	"errors"
	"time"
	"unicode/utf8"

	"github.com/cofactor-mfa/cofactor/challenge"
	"github.com/cofactor-mfa/cofactor/factor"
	"github.com/cofactor-mfa/cofactor/provider"
)

// BeginLogin begins a login with one of the user's factors. When nobody is named, Who has only a Tenant and a Binding, Pending is empty, and Kind must be one that
// finds its user by the answer.
//
// With ErrSendFailed the Challenge is returned as well: it is live, and Resend tries the message again.
func (r *Registry) BeginLogin(ctx context.Context, b Begin) (Challenge, error) {
	c := r.call("begin_login", b.Who)
	defer c.trace(&ctx)()
	if b.User.ID == "" && b.Pending == "" {
		return r.beginUnnamed(ctx, c, b)
	}
	if !b.check() {
		return Challenge{}, c.fail(ctx, ErrInvalid, "malformed request")
	}
	e, err := r.pending(c.now, b.Who, b.Pending)
	if err != nil {
		return Challenge{}, c.fail(ctx, ErrLoginRequired, err.Error())
	}
	snap, err := r.load(ctx, e.tenant, e.user)
	if err != nil {
		return Challenge{}, c.fail(ctx, ErrUnavailable, err.Error())
	}
	return r.beginLogin(ctx, c, b, snap, e)
}

func (r *Registry) beginLogin(ctx context.Context, c *call, b Begin, snap factor.Snapshot, e evidence) (Challenge, error) {
	if snap.Account.Epoch != e.epoch {
		return Challenge{}, c.fail(ctx, ErrLoginRequired, "the epoch has moved")
	}
	k, fs, fail := r.choose(ctx, c, snap, b.Kind, b.Factor)
	if fail != nil {
		return Challenge{}, fail
	}
	if k.Role == provider.Transient {
		return Challenge{}, c.fail(ctx, ErrNoEligibleFactor, "a transient factor has no challenge")
	}
	if !r.permits(c.now, snap, e, k.Kind, true) {
		return Challenge{}, c.fail(ctx, ErrPolicyForbids, "the kind is forbidden")
	}
	return r.begin(ctx, c, b.Who, snap, k, fs, challenge.Challenge{Purpose: challenge.Login, Login: e.login})
}

// BeginStepUp begins a fresh proof of a factor, for the action that it names. Recovery and transient kinds cannot give one.
//
// It is for sessions that are signed in. Policy is asked whether the kind is allowed, and not what a login needs, so a program that lets a pending login step up, and takes the result for a
// login, has let one factor stand for all that policy asks for.
func (r *Registry) BeginStepUp(ctx context.Context, s StepUp) (Challenge, error) {
	c := r.call("begin_step_up", s.Who)
	defer c.trace(&ctx)()
	if !s.check() || utf8.RuneCountInString(s.Action) > maxActionRunes || !printable(s.Action) {
		return Challenge{}, c.fail(ctx, ErrInvalid, "malformed request")
	}
	snap, err := r.load(ctx, s.User.Tenant, s.User.ID)
	if err != nil {
		return Challenge{}, c.fail(ctx, ErrUnavailable, err.Error())
	}
	k, fs, fail := r.choose(ctx, c, snap, s.Kind, s.Factor)
	if fail != nil {
		return Challenge{}, fail
	}
	if k.Role != provider.Ordinary {
		return Challenge{}, c.fail(ctx, ErrNoEligibleFactor, "a recovery or transient factor proves nothing")
	}
	ch := challenge.Challenge{Purpose: challenge.StepUp, Action: s.Action}
	var e evidence
	if s.Proof != "" {
		auth, fail := r.authority(ctx, c, s.Who, "", s.Proof)
		if fail != nil {
			return Challenge{}, fail
		}
		if auth.epoch != snap.Account.Epoch {
			return Challenge{}, c.fail(ctx, ErrLoginRequired, "the epoch has moved")
		}
		e = auth.provedOnly()
	} else if r.cfg.About != nil { // or a kind that is forbidden in the user's role would be allowed because it is not in others
		said, err := r.state(ctx, evidence{
			login: randomBytes(16), tenant: s.User.Tenant, user: s.User.ID, binding: s.digest(), epoch: snap.Account.Epoch, expires: c.now.Add(loginTTL),
		})
		if err != nil {
			return Challenge{}, c.fail(ctx, ErrUnavailable, "Config.About failed")
		}
		e = said
	}
	if e.user != "" {
		ch.Evidence = e.encode()
	}
	if !r.permits(c.now, snap, e, k.Kind, false) {
		return Challenge{}, c.fail(ctx, ErrPolicyForbids, "the kind is forbidden")
	}
	return r.begin(ctx, c, s.Who, snap, k, fs, ch)
}

// choose finds the provider and the factors that a request means: one factor, or for an unguessable kind all of the user's.
func (r *Registry) choose(ctx context.Context, c *call, snap factor.Snapshot, kindName, id string) (kind, []factor.Factor, error) {
	if id != "" {
		f, ok := snap.Factor(id)
		if !ok || (kindName != "" && kindName != f.Kind) {
			return kind{}, nil, c.fail(ctx, ErrNoFactor, "the account has no such factor") // attack: A-64
		}
		kindName = f.Kind
	}
	if len(kindName) <= maxIDBytes && printable(kindName) {
		c.kind = kindName
	}
	k, ok := r.kinds[kindName]
	if !ok {
		return kind{}, nil, c.fail(ctx, ErrUnknownKind, "no provider of this kind")
	}
	var fit []factor.Factor
	for _, f := range snap.Factors {
		if f.Kind == kindName && (id == "" || f.ID == id || k.Unguessable) && r.usable(snap.Account, f) {
			fit = append(fit, f)
		}
	}
	switch {
	case len(fit) == 0:
		return kind{}, nil, c.fail(ctx, ErrNoFactor, "the account has no usable factor of this kind")
	case len(fit) > 1 && !k.Unguessable:
		return kind{}, nil, c.fail(ctx, ErrChooseFactor, "several factors of this kind")
	}
	return k, fit, nil
}

// begin asks the provider what to show for factors, and issues the challenge.
func (r *Registry) begin(ctx context.Context, c *call, w Who, snap factor.Snapshot, k kind, fs []factor.Factor, ch challenge.Challenge) (Challenge, error) {
	if !k.Unguessable {
		c.factor, ch.Factor = fs[0].ID, fs[0].ID
	}
	if err := c.allowed(ctx); err != nil {
		return Challenge{}, err
	}
	opened, err := r.openAll(fs)
	if err != nil {
		return Challenge{}, c.fail(ctx, ErrUnavailable, err.Error())
	}
	req := provider.LoginRequest{User: w.user(snap.Account), Factors: opened, Action: ch.Action, Now: c.now}
	prompt, err := r.loginHook(ctx, k, req)
	if err != nil {
		return Challenge{}, c.hookFailed(ctx, err)
	}
	ch.Expires = c.now.Add(k.ttl(r.cfg.ChallengeTTL))
	return r.issue(ctx, c, w, snap.Account, k, ch, prompt)
}

// beginUnnamed makes a challenge that the client carries: nothing is stored for a stranger.
func (r *Registry) beginUnnamed(ctx context.Context, c *call, b Begin) (Challenge, error) {
	if !validID(b.User.Tenant) || !b.validBinding() || b.Factor != "" {
		return Challenge{}, c.fail(ctx, ErrInvalid, "malformed request")
	}
	k, ok := r.kinds[b.Kind]
	if !ok {
		return Challenge{}, c.fail(ctx, ErrUnknownKind, "no provider of this kind")
	}
	c.kind = b.Kind
	if _, ok := k.MultiFactorProvider.(provider.Locator); !ok || !k.Unguessable {
		return Challenge{}, c.fail(ctx, ErrLoginRequired, "this kind cannot tell who answers")
	}
	if err := c.allowed(ctx); err != nil {
		return Challenge{}, err
	}
	prompt, err := r.loginHook(ctx, k, provider.LoginRequest{User: provider.User{Tenant: b.User.Tenant, Locale: b.User.Locale}, Now: c.now})
	if err != nil {
		return Challenge{}, c.hookFailed(ctx, err)
	}
	if prompt.Deliver != nil {
		return Challenge{}, c.fail(ctx, ErrInternal, "a provider wants to send to nobody")
	}
	ch := challenge.Challenge{
		Purpose: challenge.Login, Tenant: b.User.Tenant, Binding: b.digest(), Kind: k.Kind,
		Expires: c.now.Add(k.ttl(r.cfg.ChallengeTTL)), Private: prompt.Private,
	}
	id, err := r.issuer.Carry(ch)
	if err != nil {
		return Challenge{}, c.fail(ctx, ErrInternal, err.Error())
	}
	c.done(ctx, "nobody named")
	return Challenge{ID: id, Kind: k.Kind, Expires: ch.Expires, Public: prompt.Public}, nil
}

func (k kind) ttl(otherwise time.Duration) time.Duration {
	if k.TTL != 0 {
		return k.TTL
	}
	return otherwise
}

// hookFailed tells unusable input, whose reason the user may see, from a provider that does not work.
func (c *call) hookFailed(ctx context.Context, err error) *Error {
	var invalid *provider.InvalidError
	switch {
	case errors.As(err, &invalid):
		e := c.fail(ctx, ErrInvalid, "the provider cannot use the input")
		e.Text = invalid.Text
		return e
	case errors.Is(err, provider.ErrInvalid), errors.Is(err, provider.ErrRejected):
		return c.fail(ctx, ErrInvalid, "the provider cannot use the input")
	case errors.Is(err, errPanicked), errors.Is(err, errAnswer):
		return c.fail(ctx, ErrInternal, err.Error())
	}
	return c.fail(ctx, ErrUnavailable, "the provider failed")
}
