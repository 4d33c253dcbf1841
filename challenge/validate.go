package challenge

import (
	"errors"
	"fmt"
	"time"

	"github.com/cofactor-mfa/cofactor/internal/wire"
)

// Limits of what a store is asked to keep. They bound what one call can cost, and keep each number exact in a store that only has
// floating point.
const (
	maxKey      = 64
	maxBudget   = 64
	maxCount    = 1_000_000
	maxOnTry    = 4
	maxShut     = 100 * 365 * 24 * time.Hour
	maxMilli    = 1 << 48
	maxRecorded = 64 << 10
)

// Validate says what is wrong with k. A store refuses such a call: nothing happens.
func (k Key) Validate() error {
	return errors.Join(ValidateKey(k.Tag), ValidateKey(k.Hash))
}

// ValidateKey says what is wrong with a name that Spend and Refill are given.
func ValidateKey(key string) error {
	if len(key) > maxKey {
		return fmt.Errorf("challenge: a key of %d bytes; %d are the most", len(key), maxKey)
	}
	return nil
}

// Validate says what is wrong with s. A window of zero would be a budget that never shuts.
func (s Spend) Validate() error {
	whole := s.Window%time.Millisecond == 0 && s.Max%time.Millisecond == 0
	switch {
	case len(s.Budget) > maxBudget:
		return fmt.Errorf("challenge: a budget's name has %d bytes; %d are the most", len(s.Budget), maxBudget)
	case s.Limit < 1 || s.Limit > maxCount:
		return fmt.Errorf("challenge: budget %s: limit %d is not within 1 and %d", s.Budget, s.Limit, maxCount)
	case s.Window <= 0 || s.Max < s.Window || s.Max > maxShut || !whole:
		return fmt.Errorf("challenge: budget %s: window %v and max %v must be whole milliseconds, 0 < window <= max <= %v", s.Budget, s.Window, s.Max, maxShut)
	}
	return nil
}

// Validate says what is wrong with a record that Create is given.
func (r Record) Validate(now time.Time) error {
	var faults []error
	if r.Attempts < 1 || r.Attempts > maxCount {
		faults = append(faults, fmt.Errorf("challenge: %d attempts are not within 1 and %d", r.Attempts, maxCount))
	}
	if wire.Milli(r.Expires) <= wire.Milli(now) || wire.Milli(r.Expires) >= maxMilli {
		faults = append(faults, errors.New("challenge: a record must expire after now"))
	}
	if len(r.OnTry) > maxOnTry {
		faults = append(faults, fmt.Errorf("challenge: an attempt takes from %d budgets; %d are the most", len(r.OnTry), maxOnTry))
	}
	if len(r.Sealed) > maxRecorded {
		faults = append(faults, fmt.Errorf("challenge: a record of %d bytes; %d are the most", len(r.Sealed), maxRecorded))
	}
	return errors.Join(append(faults, ValidateTakes(r.OnTry))...)
}

// ValidateTakes says what is wrong with a list of takes.
func ValidateTakes(take []Spend) error {
	var faults []error
	for _, s := range take {
		faults = append(faults, s.Validate())
	}
	return errors.Join(faults...)
}

// ValidateNow refuses a clock that was forgotten: at the zero time nothing has expired.
func ValidateNow(now time.Time) error {
	if ms := wire.Milli(now); ms == 0 || ms >= maxMilli {
		return fmt.Errorf("challenge: %v is no time of a call", now)
	}
	return nil
}
