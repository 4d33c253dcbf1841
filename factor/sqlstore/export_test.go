package sqlstore

import "github.com/cofactor-mfa/cofactor/factor"

// ReadRecord reads a record as Load does.
func ReadRecord(raw string) (snap factor.Snapshot, ok bool) {
	ok = addRecord(&snap, raw, "tenant", "user")
	return snap, ok
}
