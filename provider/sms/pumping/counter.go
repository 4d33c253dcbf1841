package pumping

import (
	"context"
	"time"
)

// Counter counts messages by country, for all replicas together. Memory is one for a single process, package rediscounter one for many; package
// countertest checks yours.
//
// Methods must be safe for concurrent use and atomic: of concurrent calls of Sent each sees a count of its own. They take the time from the
// caller. What is older than 15 days is forgotten.
type Counter interface {
	// Sent counts a message, and returns the counts with it.
	Sent(ctx context.Context, now time.Time, country string) (Counts, error)
	// Unsent takes back what Sent counted at that time.
	Unsent(ctx context.Context, now time.Time, country string) error
	// Verified counts a message whose code was typed in, once for each challenge, whose ID is random: of one that can be answered several times, at once or
	// because what comes after the answer fails, the others would pay for messages that nobody answers. IDs are remembered for an hour.
	Verified(ctx context.Context, now time.Time, country, challenge string) error
}

// The windows. An hour is the slot of now and the five before, a day that and the 143 before.
const (
	Slot      = 10 * time.Minute
	HourSlots = 6
	DaySlots  = 144
	BestOf    = 14 // days before today, by UTC
)

// Counts are what is known of a country.
type Counts struct {
	SentHour, VerifiedHour int
	SentDay, VerifiedDay   int
	BestDay                int // the most that were verified in one of the 14 days before today
}

// Limits are how many messages may go unanswered.
type Limits struct{ DayLimit, HourLimit int }

// limits are what is usual, or the floors: a fifth of what is verified on the best day of a fortnight, or today if there is more; and in an hour a sixth of
// the day's, or a fifth of what is verified in this hour. The best day and not the mean, so that a quiet weekend does not make Monday
// suspicious. (The thresholds are those that Authgear has published with its fraud protection.)
func (c Counts) limits(dayFloor, hourFloor int) Limits {
	day := max(dayFloor, c.BestDay/5, c.VerifiedDay/5)
	return Limits{DayLimit: day, HourLimit: max(hourFloor, day/6, c.VerifiedHour/5)}
}
