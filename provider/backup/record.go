package backup

import "github.com/cofactor-mfa/cofactor/internal/wire"

// key is the HMAC key of one set, so that equal codes of two sets have nothing in common.
type key [32]byte

// encode writes a record: its format, the key, and entries of one size, end to end.
func encode(format byte, k key, entries []byte) []byte {
	b := wire.AppendBytes([]byte{format}, k[:])
	return wire.AppendBytes(b, entries)
}

// decode is the inverse: what is left over is 1 to maxCount entries of that size. They share b's memory.
func decode(b []byte, format byte, size int) (k key, entries []byte, ok bool) {
	r := wire.Read(b)
	found, keyBytes, rest := r.Byte(), r.Bytes(len(k)), r.Bytes(maxCount*size)
	if r.Done() != nil || found != format || len(keyBytes) != len(k) || len(rest) == 0 || len(rest)%size != 0 {
		return key{}, nil, false
	}
	return key(keyBytes), rest, true
}
