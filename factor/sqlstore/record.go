package sqlstore

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"slices"
	"strings"

	"github.com/cofactor-mfa/cofactor/factor"
)

var errRecord = errors.New("not a record as this version asks for it")

// loadRecords reads an account and its factors as PostgreSQL's own binary records, each of them the one column of a row: what drivers do for each column of each row would be
// the larger part of what so small a read costs.
func (s *Store) loadRecords(ctx context.Context, tenant, user string) (snap factor.Snapshot, err error) {
	rows, err := s.db.QueryContext(ctx, s.sql.loadRecords, tenant, user)
	if err != nil {
		return factor.Snapshot{}, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var raw string // of which the texts are parts
		if err := rows.Scan(&raw); err != nil {
			return factor.Snapshot{}, err
		}
		if !addRecord(&snap, raw, tenant, user) {
			return factor.Snapshot{}, errRecord
		}
	}
	if err := rows.Err(); err != nil || snap.Account.Version == 0 {
		return factor.Snapshot{}, err
	}
	slices.SortFunc(snap.Factors, func(a, b factor.Factor) int {
		return cmp.Or(a.Created.Compare(b.Created), strings.Compare(a.ID, b.ID))
	})
	return snap, nil
}

// addRecord reads the account, or one of its factors, which differ in their number of columns.
func addRecord(snap *factor.Snapshot, raw, tenant, user string) (ok bool) {
	r := record{rest: raw}
	switch r.number(4) {
	case accountWidth:
		snap.Account = r.account(tenant, user)
	case factorWidth:
		if snap.Factors == nil {
			snap.Factors = make([]factor.Factor, 0, 4) // most people have no more
		}
		snap.Factors = append(snap.Factors, r.factor(tenant, user))
	default:
		return false
	}
	return !r.bad && r.rest == ""
}

// record takes a record apart: the number of its columns, and of each its type, its length, and what is in it. Numbers are big-endian. bad once something is missing or NULL.
type record struct {
	rest string
	bad  bool
}

// The columns of loadRecords.
const (
	accountWidth = 5
	factorWidth  = 14
)

func (r *record) account(tenant, user string) factor.Account {
	return factor.Account{
		Tenant: tenant, UserID: user, Handle: r.bytes(), Epoch: r.int(), Version: r.int(), GraceUntil: moment(r.int()), DefaultFactor: r.text(),
	}
}

func (r *record) factor(tenant, user string) factor.Factor {
	return factor.Factor{
		Tenant: tenant, UserID: user, ID: r.text(), Kind: r.text(), Handle: r.text(), Label: r.text(), Hint: r.text(), Data: r.bytes(),
		Created: moment(r.int()), LastUsed: moment(r.int()), Failures: int(r.int()), Disabled: r.int() != 0, Epoch: r.int(), Version: r.int(),
		Role: uint8(r.int()), Expires: moment(r.int()),
	}
}

// text is the next column, whatever its type.
func (r *record) text() string {
	r.cut(4) // its type
	return r.cut(r.number(4))
}

// bytes are nil if there are none, as in every store.
func (r *record) bytes() []byte { return append([]byte(nil), r.text()...) }

// int is a boolean, or an integer of any width.
func (r *record) int() int64 {
	r.cut(4)
	return r.number(r.number(4))
}

func (r *record) number(width int64) int64 {
	var b [8]byte
	s := r.cut(width)
	switch copy(b[:], s); len(s) {
	case 1:
		return int64(b[0])
	case 2:
		return int64(int16(binary.BigEndian.Uint16(b[:])))
	case 4:
		return int64(int32(binary.BigEndian.Uint32(b[:])))
	case 8:
		return int64(binary.BigEndian.Uint64(b[:]))
	}
	r.bad = true
	return 0
}

func (r *record) cut(n int64) string {
	if n < 0 || n > int64(len(r.rest)) {
		r.rest, r.bad = "", true
		return ""
	}
	s := r.rest[:n]
	r.rest = r.rest[n:]
	return s
}
