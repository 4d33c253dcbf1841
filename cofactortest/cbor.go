package cofactortest

import (
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
)

// cborMap is a CBOR map whose entries are written in the order they have here.
type cborMap []struct{ key, value any }

// The major types of CBOR (RFC 8949, section 3.1) in the first three bits of an item.
const (
	cborUint  = 0 << 5
	cborNeg   = 1 << 5
	cborBytes = 2 << 5
	cborText  = 3 << 5
	cborArray = 4 << 5
	cborMaps  = 5 << 5
	cborFalse = 0xf4
	cborTrue  = 0xf5
	cborNull  = 0xf6
)

// appendCBOR appends v in the canonical form of CTAP2: shortest heads, definite lengths, no tags. It panics on a type that
// authenticators do not write, which is a mistake in the test that asks for it.
func appendCBOR(to []byte, v any) []byte {
	switch v := v.(type) {
	case nil:
		return append(to, cborNull)
	case bool:
		if v {
			return append(to, cborTrue)
		}
		return append(to, cborFalse)
	case int:
		if v < 0 {
			return appendHead(to, cborNeg, uint64(-1-v))
		}
		return appendHead(to, cborUint, uint64(v))
	case []byte:
		return append(appendHead(to, cborBytes, uint64(len(v))), v...)
	case string:
		return append(appendHead(to, cborText, uint64(len(v))), v...)
	case []any:
		to = appendHead(to, cborArray, uint64(len(v)))
		for _, item := range v {
			to = appendCBOR(to, item)
		}
		return to
	case cborMap:
		to = appendHead(to, cborMaps, uint64(len(v)))
		for _, entry := range v {
			to = appendCBOR(appendCBOR(to, entry.key), entry.value)
		}
		return to
	case map[string]any:
		keys := slices.SortedFunc(maps.Keys(v), func(a, b string) int { // shorter keys first
			if len(a) != len(b) {
				return len(a) - len(b)
			}
			return slices.Compare([]byte(a), []byte(b))
		})
		to = appendHead(to, cborMaps, uint64(len(v)))
		for _, key := range keys {
			to = appendCBOR(appendCBOR(to, key), v[key])
		}
		return to
	}
	panic(fmt.Sprintf("cofactortest: an extension output of type %T", v))
}

// appendHead appends the head of an item: its major type and its length or value.
func appendHead(to []byte, major byte, n uint64) []byte {
	switch {
	case n < 24:
		return append(to, major|byte(n))
	case n < 1<<8:
		return append(to, major|24, byte(n))
	case n < 1<<16:
		return binary.BigEndian.AppendUint16(append(to, major|25), uint16(n))
	case n < 1<<32:
		return binary.BigEndian.AppendUint32(append(to, major|26), uint32(n))
	}
	return binary.BigEndian.AppendUint64(append(to, major|27), n)
}
