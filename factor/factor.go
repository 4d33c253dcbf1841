// Package factor is what users have attached: one row a factor, sealed and versioned, under one account row per user.
//
// A [Store] keeps the rows and makes changes to them, all or nothing. It knows nothing of what they mean: Data is ciphertext
// that only the registry opens. [Memory] is the store for demos and tests.
package factor

import "time"

// Factor is one attached factor.
type Factor struct {
	Tenant, UserID string
	ID             string // unique within the account
	Kind           string
	Handle         string // unique per kind over all tenants; "" for none
	Label          string // the user's name for it
	Hint           string // shown in pickers: "···· 123"
	Data           []byte // sealed
	Created        time.Time
	LastUsed       time.Time // zero if never
	Failures       int       // wrong answers in a row
	Disabled       bool
	Epoch          int64     // the account's when it was created
	Version        int64     // 1 when inserted; up by one at each change
	Role           uint8     // what it is for, as the registry noted it when it was created; 0 if it did not
	Expires        time.Time // from then on it is worth nothing; zero for never
}

// Account is the row that all changes to a user's factors meet at.
type Account struct {
	Tenant, UserID string
	Handle         []byte // 32 random bytes, for life
	Epoch          int64  // what was issued under an older epoch is dead
	Version        int64  // 1 when inserted; up by one at each change
	GraceUntil     time.Time
	DefaultFactor  string
}

// Snapshot is an account with its factors, oldest first, then by ID, as they were at one moment.
type Snapshot struct {
	Account Account
	Factors []Factor
}

// Factor returns the factor with this id.
func (s Snapshot) Factor(id string) (Factor, bool) {
	for _, f := range s.Factors {
		if f.ID == id {
			return f, true
		}
	}
	return Factor{}, false
}
