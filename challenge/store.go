package challenge

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Key is where a challenge lives. It is derived from the challenge's id, and does not lead back to it.
type Key struct {
	Tag  string // names the account without telling which: 12 characters of base64url; the hash tag in a Redis Cluster
	Hash string // digest of the secret part of the id: 22 characters of base64url
}

// Spend takes one from a budget.
//
// A budget holds Limit takes. The take that empties it succeeds and shuts it for Window. When the window is over the budget is full
// again; emptied once more it is shut for twice as long, and so on, up to Max. A budget from which nothing was taken for Max is new. This one rule
// makes locks (10 takes, 15 minutes, 24 hours), resend waits (1 take, 30 seconds, 1 hour) and hourly limits.
//
// A take that is given back undoes exactly itself: if it was the one that shut the budget, the budget is open again and has not
// doubled; if the budget has been refilled or has reopened since, nothing is given back, for there is nothing left of the take.
type Spend struct {
	Budget string        // its name, at most 64 bytes
	Limit  int           // takes until it shuts: 1 to 1,000,000
	Window time.Duration // how long the first shutting lasts; whole milliseconds, as Max
	Max    time.Duration // the longest shutting, and the rest after which the budget is new; at least Window
}

// Record is a challenge as a store sees it.
type Record struct {
	Sealed   []byte
	Attempts int       // attempts left
	Expires  time.Time // from then on it is gone; a store's own expiry only frees memory
	OnTry    []Spend   // what each attempt takes from the user's budgets, at most 4
	Next     time.Time // when the last of the takes that Create or Get made may be had again; zero if at once
	Shut     time.Time // of an Attempt: until when a budget is shut that this very attempt has emptied; zero if none
}

// Store keeps challenges, and budgets. The budgets of a user live under the challenge's Tag; Spend and Refill reach them, and any other
// budget, by key.
//
// Each method is one atomic step: it happens whole or not at all, and concurrent calls happen in some order. Each is idempotent under a
// client that sends it again because the reply was lost: Create by its key, the others by try, which the caller makes unique for each call it means. A store
// remembers at least the last 16 tries of a challenge and of a key. Takes are all or none: if one of them is refused, nothing is taken and nothing is counted.
//
// now is the caller's clock, in whole milliseconds; stores have none of their own. It may step back: that must not open what is shut, nor make anything new.
// Errors other than ErrGone and *Refused mean that the outcome is unknown. Methods must be safe for concurrent use and honour ctx.
type Store interface {
	// Create stores r, which must have at least one attempt and expire after now, and takes from the user's budgets. The result is r with Next set.
	// *Refused if a budget is shut; then nothing is stored.
	Create(ctx context.Context, now time.Time, k Key, r Record, take ...Spend) (Record, error)
	// Get returns a challenge that may still be tried, and takes from the user's budgets; it counts no attempt. With takes, it sets Next.
	Get(ctx context.Context, now time.Time, k Key, try string, take ...Spend) (Record, error)
	// Attempt counts an attempt and charges what OnTry says, before anybody looks at the answer. ErrGone if the challenge is unknown, expired,
	// used up or redeemed; *Refused if a budget is shut, which costs no attempt. The result has the attempts that are left after this one, and Shut if
	// it emptied a budget.
	Attempt(ctx context.Context, now time.Time, k Key, try string) (Record, error)
	// Release gives the charge of a try back, because no verdict was reached. The attempt stays counted.
	Release(ctx context.Context, now time.Time, k Key, try string) error
	// Redeem ends a challenge, gives the charge of the try back, and makes these budgets of the user new. ErrGone if the challenge is unknown or was
	// redeemed by another try; a used up or expired one may still be redeemed by a try that was counted in time.
	Redeem(ctx context.Context, now time.Time, k Key, try string, refill ...string) error
	// Spend takes from the budgets of key, which is a Tag or any other name of at most 64 bytes.
	Spend(ctx context.Context, now time.Time, key, try string, take ...Spend) error
	// Refill makes budgets of key new.
	Refill(ctx context.Context, key string, budget ...string) error
}

// ErrGone says that there is no such challenge, whatever the reason: unknown, expired, used up, redeemed.
var ErrGone = errors.New("challenge: gone")

// Refused says that a budget is shut.
type Refused struct {
	Budget     string
	RetryAfter time.Duration // until it opens, by the clock of the call
}

func (e *Refused) Error() string {
	return fmt.Sprintf("challenge: budget %s is shut for %v", e.Budget, e.RetryAfter)
}
