package wire_test

import (
	"bytes"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/cofactor-mfa/cofactor/internal/wire"
)

func TestFieldsComeBack(t *testing.T) {
	noon := time.Date(2030, 5, 17, 12, 0, 0, 123e6, time.UTC)
	b := []byte{7}
	b = wire.AppendUint(b, 0)
	b = wire.AppendUint(b, math.MaxUint64)
	b = wire.AppendBytes(b, []byte{0, 255})
	b = wire.AppendBytes(b, nil)
	b = wire.AppendString(b, "text")
	b = wire.AppendTime(b, noon)
	b = wire.AppendTime(b, time.Time{})
	r := wire.Read(b)
	if v := r.Byte(); v != 7 {
		t.Errorf("Byte: %d", v)
	}
	if a, z := r.Uint(), r.Uint(); a != 0 || z != math.MaxUint64 {
		t.Errorf("Uint: %d, %d", a, z)
	}
	if v := r.Bytes(2); !bytes.Equal(v, []byte{0, 255}) {
		t.Errorf("Bytes: %x", v)
	}
	if v := r.Bytes(0); v != nil {
		t.Errorf("no bytes are nil, not %x", v)
	}
	if v := r.String(4); v != "text" {
		t.Errorf("String: %q", v)
	}
	if v := r.Time(); !v.Equal(noon) {
		t.Errorf("Time: %v", v)
	}
	if v := r.Time(); !v.IsZero() {
		t.Errorf("the zero time: %v", v)
	}
	if err := r.Done(); err != nil {
		t.Error(err)
	}
}

func TestOneValueHasOneEncoding(t *testing.T) {
	for _, long := range [][]byte{{0x80, 0x00}, {0xff, 0x00}, {0x80, 0x80, 0x00}, {0x81, 0x80, 0x80, 0x00}, bytes.Repeat([]byte{0x80}, 10), bytes.Repeat([]byte{0xff}, 11)} {
		r := wire.Read(long)
		r.Uint()
		if r.Done() == nil {
			t.Errorf("%x was read as a number", long)
		}
	}
}

func TestWhatDoesNotFitIsMalformed(t *testing.T) {
	for what, read := range map[string]func() *wire.Reader{
		"a byte of nothing":             func() *wire.Reader { r := wire.Read(nil); r.Byte(); return r },
		"a number of nothing":           func() *wire.Reader { r := wire.Read(nil); r.Uint(); return r },
		"a number beyond its limit":     func() *wire.Reader { r := wire.Read([]byte{6}); r.Int(5); return r },
		"bytes beyond their limit":      func() *wire.Reader { r := wire.Read([]byte{2, 1, 1}); r.Bytes(1); return r },
		"more bytes than there are":     func() *wire.Reader { r := wire.Read([]byte{3, 1, 1}); r.Bytes(100); return r },
		"a length beyond all memory":    func() *wire.Reader { r := wire.Read(wire.AppendUint(nil, math.MaxUint64)); r.Bytes(100); return r },
		"a time beyond all calendars":   func() *wire.Reader { r := wire.Read(wire.AppendUint(nil, 1<<53+1)); r.Time(); return r },
		"a byte left over":              func() *wire.Reader { r := wire.Read([]byte{1, 2}); r.Byte(); return r },
		"what the caller does not know": func() *wire.Reader { r := wire.Read(nil); r.Fail(); return r },
	} {
		if err := read().Done(); err != wire.ErrMalformed {
			t.Errorf("%s: %v, want ErrMalformed", what, err)
		}
	}
}

func TestAfterAFaultEverythingIsZero(t *testing.T) {
	r := wire.Read([]byte{9, 1, 1, 1, 1, 1, 1, 1, 1, 1})
	r.Int(8)
	if r.Byte() != 0 || r.Uint() != 0 || r.Int(9) != 0 || r.Bytes(9) != nil || r.String(9) != "" || !r.Time().IsZero() || r.Done() == nil {
		t.Error("after a field that does not fit, later ones must be zero and Done an error")
	}
}

// Appending to what Bytes returned must not write into the rest of the record.
func TestBytesHaveNoRoomBehindThem(t *testing.T) {
	b := []byte{1, 'a', 1, 'b'}
	r := wire.Read(b)
	_ = append(r.Bytes(1), 'x', 'x')
	if v := r.String(1); v != "b" {
		t.Errorf("the next field became %q", v)
	}
}

func TestMilliOfTimesThatAreNone(t *testing.T) {
	for _, at := range []time.Time{{}, time.UnixMilli(0), time.UnixMilli(-1), time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC)} {
		if ms := wire.Milli(at); ms != 0 {
			t.Errorf("%v is %d ms", at, ms)
		}
	}
	if !wire.Time(0).IsZero() || wire.Milli(wire.Time(1)) != 1 || wire.Time(1).Location() != time.UTC {
		t.Error("Time is the inverse of Milli, in UTC, and 0 is the zero time")
	}
}

// FuzzReader reads any bytes as any sequence of fields: no panic, and what is read and written again is what was there.
func FuzzReader(f *testing.F) {
	f.Add("bust", []byte{1, 2, 3})
	f.Add("uuu", []byte{0x80, 0x01, 0x7f, 0x00})
	f.Add("ssss", []byte("\x01a\x02bc\x00\x03def"))
	f.Add(strings.Repeat("b", 20), []byte{0xff})
	f.Fuzz(func(t *testing.T, fields string, b []byte) {
		r := wire.Read(b)
		var again []byte
		for _, c := range fields {
			switch c {
			case 'b':
				again = append(again, r.Byte())
			case 'u':
				again = wire.AppendUint(again, r.Uint())
			case 's':
				again = wire.AppendString(again, r.String(1<<20))
			case 't':
				again = wire.AppendTime(again, r.Time())
			default:
				again = wire.AppendBytes(again, r.Bytes(1<<20))
			}
		}
		if r.Done() == nil && !bytes.Equal(again, b) {
			t.Errorf("%x was read as %q and written as %x", b, fields, again)
		}
	})
}
