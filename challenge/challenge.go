// Package challenge is the memory between the two halves of a ceremony: sealed, expiring, counted, redeemable once.
//
// A [Challenge] says what was begun, for whom, and until when. An [Issuer] seals it and gives out the id that finishes it. A
// [Store] keeps it, and keeps the budgets that limit how often a user may try; it sees a hash of the id and ciphertext, so that a dump
// of the store yields neither codes, nor user ids, nor usable challenge ids. [Memory] is the store for demos and tests.
package challenge

import (
	"time"

	"github.com/cofactor-mfa/cofactor/internal/wire"
)

// Purpose is the ceremony that a challenge belongs to. A challenge for one purpose is worthless for another. // attack
type Purpose byte

// The purposes.
const (
	Login Purpose = iota + 1
	Setup
	StepUp
)

// Challenge is what is sealed: everything that the answer must match, and what the provider put by.
type Challenge struct {
	Purpose  Purpose
	Tenant   string
	User     string // "" in a login that names nobody
	Binding  []byte // digest of the session's binding value
	Kind     string
	Factor   string // the one factor it is for; "" in a set-up and for unguessable kinds
	Epoch    int64  // the account's when the challenge was issued; 0 if nobody is named
	Expires  time.Time
	Login    []byte    // id of the login it belongs to, if any
	Action   string    // what a step-up confirms
	Evidence []byte    // what a set-up's proof had proved, in the registry's encoding
	Begun    time.Time // in a set-up: when, which is when its evidence had to be fresh
	Label    string    // the name the new factor is to have
	Replaces string    // the factor that the new one takes the place of
	Opened   string    // in a set-up by proof: the factor that was attached after a recovery
	Private  []byte    // the provider's
}

// The first byte of a sealed challenge. A reader of another format denies. // attack: A-163
const format = 1

// Limits of what decode accepts. They bound what a corrupted record can cost.
const (
	maxName = 256
	maxText = 1 << 10
	maxData = 8 << 10
)

func (c Challenge) encode() []byte {
	b := make([]byte, 0, 160+len(c.Private)+len(c.Evidence))
	b = append(b, format, byte(c.Purpose))
	b = wire.AppendString(b, c.Tenant)
	b = wire.AppendString(b, c.User)
	b = wire.AppendBytes(b, c.Binding)
	b = wire.AppendString(b, c.Kind)
	b = wire.AppendString(b, c.Factor)
	b = wire.AppendUint(b, uint64(c.Epoch))
	b = wire.AppendTime(b, c.Expires)
	b = wire.AppendBytes(b, c.Login)
	b = wire.AppendString(b, c.Action)
	b = wire.AppendBytes(b, c.Evidence)
	b = wire.AppendTime(b, c.Begun)
	b = wire.AppendString(b, c.Label)
	b = wire.AppendString(b, c.Replaces)
	b = wire.AppendString(b, c.Opened)
	return wire.AppendBytes(b, c.Private)
}

func decode(b []byte) (Challenge, error) {
	r := wire.Read(b)
	if r.Byte() != format {
		return Challenge{}, wire.ErrMalformed
	}
	c := Challenge{
		Purpose:  Purpose(r.Byte()),
		Tenant:   r.String(maxName),
		User:     r.String(maxName),
		Binding:  r.Bytes(maxName),
		Kind:     r.String(maxName),
		Factor:   r.String(maxName),
		Epoch:    int64(r.Uint()),
		Expires:  r.Time(),
		Login:    r.Bytes(maxName),
		Action:   r.String(maxText),
		Evidence: r.Bytes(maxData),
		Begun:    r.Time(),
		Label:    r.String(maxText),
		Replaces: r.String(maxName),
		Opened:   r.String(maxName),
		Private:  r.Bytes(maxData),
	}
	if err := r.Done(); err != nil {
		return Challenge{}, err
	}
	if c.Purpose < Login || c.Purpose > StepUp {
		return Challenge{}, wire.ErrMalformed
	}
	return c, nil
}
