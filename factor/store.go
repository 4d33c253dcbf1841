package factor

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Store keeps accounts and factors. Each method is one atomic step. Times are in whole milliseconds and come back in UTC. Tenants, user
// ids and handles are compared byte for byte. What is returned is the caller's own. Methods must be safe for concurrent use and honour ctx;
// an error that is none of those below means that the outcome is unknown.
type Store interface {
	// Load returns the account and all its factors. The Snapshot of a user without an account is zero.
	Load(ctx context.Context, tenant, user string) (Snapshot, error)
	// Apply makes a change, all of it or none: ErrSpent if something in Once is, whatever else is wrong; ErrConflict if an account or a factor is
	// not what the change was made for; ErrExists if a handle is taken.
	Apply(ctx context.Context, c Change) error
	// Find returns the factor with this handle, which is not "". ErrNotFound if there is none in the tenant, and ErrNowhere, which is
	// that too, if there is none in any.
	Find(ctx context.Context, tenant, kind, handle string) (Factor, error)
	// Fail adds one to Failures and to Version, and returns the failures there are now. ErrNotFound if there is no such factor. at is when.
	Fail(ctx context.Context, tenant, user, id string, at time.Time) (failures int, err error)
	// Scan returns up to p.N accounts with their factors, in a fixed order, and where to go on; "" after the last.
	Scan(ctx context.Context, p Page) (page []Snapshot, next string, err error)
	// Prune removes up to n expired entries of Once, and up to n outbox events older than 30 days that nobody has fetched. It
	// returns how many it removed.
	Prune(ctx context.Context, now time.Time, n int) (removed int, err error)
}

// Change is what Apply does to one account, in one step.
type Change struct {
	Tenant, UserID string
	// Epoch must still be the account's. 0 says that there is no account yet; Account must then insert one.
	Epoch int64
	// Once is spent by this change: all of it or none.
	Once []Once
	// Account replaces the account row, if not nil. Version 0 inserts; any other must be the row's, and goes up by one. The Handle never changes.
	Account *Account
	// Put writes factors. Version 0 inserts; any other must be the row's, and goes up by one. Kind, Handle, Created, Role
	// and Expires never change.
	Put []Factor
	// Delete removes factors, whose Version must be the row's.
	Delete []Factor
	// Erase removes the account and all its factors. Nothing else but Once and Events may be set with it.
	Erase bool
	// Events are appended to the outbox, in order. Of each, only Queue and Body are read.
	Events []Event
	// At is when the change is made.
	At time.Time
}

// Once is a key that can be spent once: a challenge, a login, a proof. What is spent stays spent at least until Expires.
type Once struct {
	Key     [32]byte
	Expires time.Time
}

// Page says which accounts Scan returns.
type Page struct {
	Tenant *string // nil for all tenants
	After  string  // what the last Scan returned as next; "" to begin
	N      int     // 1 to 10,000
}

// Outbox is an optional ability of a store: the events of changes, for readers that must not miss one. Each queue is read by itself, so that a
// reader who cannot go on holds up nobody else.
type Outbox interface {
	// Next leases up to l.N events of a queue, oldest first, to the caller for l.For; then they are there for the next caller again.
	Next(ctx context.Context, now time.Time, l Lease) ([]Event, error)
	// Later puts events back that could not be delivered: nobody gets them before until. Unknown ids are no error.
	Later(ctx context.Context, until time.Time, ids ...int64) error
	// Done removes events that were delivered. Unknown ids are no error.
	Done(ctx context.Context, ids ...int64) error
}

// Resealer is an optional ability of a store: to write the ciphertext of many factors at once, of any users.
type Resealer interface {
	// Reseal writes Data, and nothing else, of each factor whose Version is still the row's, and puts that up by one. It returns how many it wrote.
	Reseal(ctx context.Context, fs []Factor) (written int, err error)
}

// MaxReseal is how many factors one call of Reseal takes.
const MaxReseal = 500

// Lease says which events Next returns, and for how long they are the caller's.
type Lease struct {
	Queue string
	For   time.Duration
	N     int
}

// Event is one entry of the outbox.
type Event struct {
	ID    int64     // goes up; set by the store
	Queue string    // whom it is for: up to 512 bytes
	At    time.Time // when the change was made
	Body  []byte
}

// What a store may say of a change or a look-up.
var (
	ErrConflict = errors.New("factor: changed meanwhile")
	ErrExists   = errors.New("factor: handle is taken")
	ErrSpent    = errors.New("factor: spent before")
	ErrNotFound = errors.New("factor: not found")
	// ErrNowhere is an ErrNotFound that is certain: no tenant has such a handle. A store that cannot tell says ErrNotFound.
	ErrNowhere = fmt.Errorf("%w in any tenant", ErrNotFound)
)
