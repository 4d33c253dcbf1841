package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"time"

	"github.com/cofactor-mfa/cofactor/factor"
	"github.com/cofactor-mfa/cofactor/registry"
)

// people are those who are enrolled in one database: copies of the model, and what each of them has used up.
type people struct {
	n     int
	model *model
	aead  registry.AEAD
	since time.Time // when they enrolled
	used  []uint8   // backup codes, of each
	clock time.Time // no earlier than any moment at which one of them signed in
	turn  int       // where in the queue the next measurement begins: nobody's codes are used up before everybody's
}

// apart is so long that no budget remembers, and no code is still valid, when the same person signs in again.
const apart = 25 * time.Hour

func newPeople(n int, m *model, aead registry.AEAD, since time.Time) *people {
	return &people{n: n, model: m, aead: aead, since: since, used: make([]uint8, n), clock: since.Add(apart)}
}

// reset is to be called when the rows are as they were at enrolment.
func (p *people) reset() { clear(p.used) }

// account is what the factor store keeps of a person, who would rather use the app.
func (p *people) account(user int) factor.Account {
	id := userID(user)
	handle := sha256.Sum256([]byte(id))
	return factor.Account{UserID: id, Handle: handle[:], Epoch: p.since.UnixMicro(), Version: 1, DefaultFactor: p.model.app}
}

// factors are what it keeps of a person's factors.
func (p *people) factors(user int) ([]factor.Factor, error) {
	id := userID(user)
	list := slices.Clone(p.model.factors)
	for i := range list {
		f := &list[i]
		f.UserID, f.Created, f.Epoch, f.Version = id, p.since, p.since.UnixMicro(), 1
		var err error
		if f.Data, err = p.aead.Encrypt(p.data(i, user), rowBinding(*f)); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// data is what the provider of the model's factor i keeps for a person.
func (p *people) data(i, user int) []byte {
	if p.model.factors[i].Kind != pagerKind {
		return p.model.data[i]
	}
	return bytes.ReplaceAll(p.model.data[i], []byte(pagerNumber(0)), []byte(pagerNumber(user)))
}

// at is the person at a place in the queue. Neighbours in the queue are far apart in the tables, as in life; 2654435761 is a prime, so the queue
// has everybody once as long as nobody enrols more people than that.
func (p *people) at(place int) int { return int(uint64((place+p.turn)%p.n) * 2654435761 % uint64(p.n)) }

// goOn lets the next measurement begin behind this one, in the queue and in time.
func (p *people) goOn(callers []*caller) {
	places := 0
	for _, c := range callers {
		places = max(places, c.place)
		if later := c.now.Add(apart); later.After(p.clock) {
			p.clock = later
		}
	}
	p.turn = (p.turn + places*len(callers)) % p.n
}

// floorRow is what the floor keeps of a person's factor: no more than it takes to check an answer.
type floorRow struct {
	user, kind string
	sealed     []byte
}

func (p *people) floorRows(user int) ([]floorRow, error) {
	id := userID(user)
	rows := []floorRow{
		{id, totpKind, appendStep(p.model.secret, 0)},
		{id, backupKind, digests(p.model.codes)},
		{id, pagerKind, []byte(pagerNumber(user))},
	}
	for i, r := range rows {
		sealed, err := p.aead.Encrypt(r.sealed, []byte(r.user+" "+r.kind))
		if err != nil {
			return nil, err
		}
		rows[i].sealed = sealed
	}
	return rows, nil
}

// appendStep is an app's secret and, behind it, the newest time step that was used.
func appendStep(secret []byte, last int64) []byte {
	return binary.BigEndian.AppendUint64(append([]byte(nil), secret...), uint64(last))
}

// digests are what the floor keeps of backup codes.
func digests(codes []string) []byte {
	var all []byte
	for _, c := range codes {
		all = append(all, digest(c)...)
	}
	return all
}

func digest(code string) []byte {
	sum := sha256.Sum256([]byte(code))
	return sum[:]
}
