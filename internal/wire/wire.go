// Package wire is the binary encoding of everything cofactor stores or seals: fields in a fixed order, each one delimiting
// itself, so that two different records never share an encoding. The first byte of every record is its format version,
// written and checked by the package that owns the record.
package wire

import (
	"encoding/binary"
	"errors"
	"time"
)

// ErrMalformed says that bytes are not a record: cut short, too long, or holding a field beyond its limit.
var ErrMalformed = errors.New("wire: malformed record")

// AppendUint appends v in as few bytes as it needs.
func AppendUint(b []byte, v uint64) []byte { return binary.AppendUvarint(b, v) }

// AppendBytes appends v behind its length.
func AppendBytes(b, v []byte) []byte {
	b = binary.AppendUvarint(b, uint64(len(v)))
	return append(b, v...)
}

// AppendString appends v behind its length.
func AppendString(b []byte, v string) []byte {
	b = binary.AppendUvarint(b, uint64(len(v)))
	return append(b, v...)
}

// AppendTime appends t in milliseconds since 1970. The zero time, and any time before 1970, is 0.
func AppendTime(b []byte, t time.Time) []byte { return AppendUint(b, Milli(t)) }

// Milli is t in milliseconds since 1970; 0 for the zero time and any time before 1970.
func Milli(t time.Time) uint64 {
	if ms := t.UnixMilli(); ms > 0 {
		return uint64(ms)
	}
	return 0
}

// Time is the inverse of Milli: 0 is the zero time.
func Time(ms uint64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(int64(ms)).UTC()
}

// Reader takes a record apart. The first field that does not fit makes every later one zero and Done an error, so a decoder
// reads all its fields first and asks once.
type Reader struct {
	rest []byte
	bad  bool
}

// Read starts on a record. The values that Bytes returns share b's memory.
func Read(b []byte) *Reader { return &Reader{rest: b} }

// Fail marks the record malformed: a version or a value that the caller does not know.
func (r *Reader) Fail() { r.bad = true }

// Byte reads one byte: a version, a small enumeration.
func (r *Reader) Byte() byte {
	if r.bad || len(r.rest) == 0 {
		r.bad = true
		return 0
	}
	v := r.rest[0]
	r.rest = r.rest[1:]
	return v
}

// Uint reads what AppendUint wrote. A longer encoding of the same number is malformed: one value has one encoding.
func (r *Reader) Uint() uint64 {
	if r.bad {
		return 0
	}
	v, n := binary.Uvarint(r.rest)
	if n <= 0 || (n > 1 && r.rest[n-1] == 0) {
		r.bad = true
		return 0
	}
	r.rest = r.rest[n:]
	return v
}

// Int reads a number that must be at most limit.
func (r *Reader) Int(limit int) int {
	v := r.Uint()
	if v > uint64(limit) {
		r.bad = true
		return 0
	}
	return int(v)
}

// Bytes reads what AppendBytes wrote. More than limit bytes are malformed; no bytes are nil.
func (r *Reader) Bytes(limit int) []byte {
	n := r.Uint()
	if r.bad || n > uint64(limit) || n > uint64(len(r.rest)) {
		r.bad = true
		return nil
	}
	if n == 0 {
		return nil
	}
	v := r.rest[:n:n]
	r.rest = r.rest[n:]
	return v
}

// String reads what AppendString wrote.
func (r *Reader) String(limit int) string { return string(r.Bytes(limit)) }

// Time reads what AppendTime wrote.
func (r *Reader) Time() time.Time {
	ms := r.Uint()
	if ms > 1<<53 {
		r.bad = true
		return time.Time{}
	}
	return Time(ms)
}

// Done is ErrMalformed unless every field fitted and nothing is left over.
func (r *Reader) Done() error {
	if r.bad || len(r.rest) != 0 {
		return ErrMalformed
	}
	return nil
}
