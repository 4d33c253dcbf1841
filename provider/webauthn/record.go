package webauthn

import (
	"bytes"
	"fmt"
	"slices"
	"time"

	"github.com/go-webauthn/webauthn/protocol"

	"github.com/cofactor-mfa/cofactor/internal/wire"
	"github.com/cofactor-mfa/cofactor/provider"
)

const (
	recordFormat    = 1
	maxCredentialID = 1023 // bytes (level 3, section 7.1, step 25)
	maxPublicKey    = 600  // bytes of COSE: RSA of 4096 bits. A larger key would be a burden at every login
	maxChain        = 8
	certDigestSize  = 16
)

// record is one key, as it is kept: the credential record of level 3, section 4. That a user was verified once is not kept, for it says nothing of another
// time. // attack: A-99
type record struct {
	id         []byte
	publicKey  []byte // COSE
	model      AAGUID
	transports byte
	eligible   bool // BE: it may be copied to other devices by its maker. Never changes
	backedUp   bool // BS: it has been
	hardware   bool // attested: it stays in hardware
	counter    uint32
	counted    time.Time              // when the answer with this counter was accepted; to the millisecond
	chain      [][certDigestSize]byte // of the certificates that attested it, up to the maker's root
}

const (
	flagEligible = 1 << iota
	flagBackedUp
	flagHardware
)

func (k record) encode() []byte {
	var flags byte
	for i, set := range [...]bool{k.eligible, k.backedUp, k.hardware} {
		if set {
			flags |= 1 << i
		}
	}
	b := make([]byte, 0, 64+len(k.id)+len(k.publicKey)+len(k.chain)*certDigestSize)
	b = append(b, recordFormat, flags, k.transports)
	b = append(b, k.model[:]...)
	b = wire.AppendUint(b, uint64(k.counter))
	b = wire.AppendTime(b, k.counted)
	b = wire.AppendBytes(b, k.id)
	b = wire.AppendBytes(b, k.publicKey)
	b = wire.AppendUint(b, uint64(len(k.chain)))
	for _, c := range k.chain {
		b = append(b, c[:]...)
	}
	return b
}

func readRecord(b []byte) (record, error) {
	r := wire.Read(b)
	if r.Byte() != recordFormat {
		r.Fail()
	}
	flags := r.Byte()
	k := record{
		transports: r.Byte(),
		eligible:   flags&flagEligible != 0, backedUp: flags&flagBackedUp != 0, hardware: flags&flagHardware != 0,
	}
	for i := range k.model {
		k.model[i] = r.Byte()
	}
	k.counter = uint32(r.Int(1<<32 - 1))
	k.counted = r.Time()
	k.id, k.publicKey = r.Bytes(maxCredentialID), r.Bytes(maxPublicKey)
	for n := r.Int(maxChain); n > 0; n-- {
		var c [certDigestSize]byte
		for i := range c {
			c[i] = r.Byte()
		}
		k.chain = append(k.chain, c)
	}
	if flags >= 1<<3 || len(k.id) == 0 || len(k.publicKey) == 0 || (k.backedUp && !k.eligible) || (k.hardware && k.eligible) {
		r.Fail()
	}
	if err := r.Done(); err != nil {
		return record{}, fmt.Errorf("webauthn: stored key: %w", err)
	}
	return k, nil
}

// stored is a record with the id of its factor.
type stored struct {
	record
	factor string
}

// readAll reads the records of factors. One that is damaged, or of a later version, does not stand in the way of the others; it is an error if none is left.
func readAll(fs []provider.Factor) (all []stored, err error) {
	for _, f := range fs {
		k, fault := readRecord(f.Data)
		if fault != nil {
			err = fault
			continue
		}
		all = append(all, stored{k, f.ID})
	}
	if len(all) > 0 {
		err = nil
	}
	return all, err
}

// readOne reads the record of the key with this id: none, if no factor has it. It is an error if one could not be read, for that may be the one.
func readOne(fs []provider.Factor, id []byte) (stored, error) {
	var fault error
	for _, f := range fs {
		k, err := readRecord(f.Data)
		switch {
		case err != nil:
			fault = err
		case bytes.Equal(k.id, id):
			return stored{k, f.ID}, nil
		}
	}
	return stored{}, fault
}

// The transports that are kept, by bit. Any other is the client's invention, or of a later level, and only a hint in either case.
var transports = [...]protocol.AuthenticatorTransport{protocol.USB, protocol.NFC, protocol.BLE, protocol.SmartCard, protocol.Hybrid, protocol.Internal}

func transportBits(list []protocol.AuthenticatorTransport) (bits byte) {
	for i, known := range transports {
		if slices.Contains(list, known) {
			bits |= 1 << i
		}
	}
	return bits
}

// descriptor is the key as a browser is told of it. The id is a copy, for the record's is the request's memory.
func (k record) descriptor() protocol.CredentialDescriptor {
	d := protocol.CredentialDescriptor{Type: protocol.PublicKeyCredentialType, CredentialID: slices.Clone(k.id)}
	for i, t := range transports {
		if k.transports&(1<<i) != 0 {
			d.Transport = append(d.Transport, t)
		}
	}
	return d
}
