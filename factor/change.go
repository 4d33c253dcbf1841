package factor

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Limits of what a store keeps, in bytes. They hold for every store, so that a program can move from one to another. A page of a PostgreSQL index has room for
// 2704 bytes, so tenant, user and id together must be less, and kind and handle together.
const (
	maxName   = 1 << 10 // a tenant, a user
	maxID     = 512     // a factor's id, a kind
	maxHandle = 2 << 10
	maxText   = 4 << 10
	maxBytes  = 64 << 10
	maxRows   = 1000
)

// Validate reports every reason why a change cannot be meant. Stores call it first: a malformed change is an error that matches none of the
// sentinels, and does nothing.
func (c Change) Validate() error {
	var faults []error
	need := func(ok bool, format string, args ...any) {
		if !ok {
			faults = append(faults, fmt.Errorf("factor: change: "+format, args...))
		}
	}
	need(c.UserID != "" && storable(c.Tenant, maxName) && storable(c.UserID, maxName), "tenant and user must be short texts, and the user not empty")
	if c.Erase {
		need(c.Account == nil && len(c.Put) == 0 && len(c.Delete) == 0, "Erase allows nothing but Once and Events beside it")
		need(c.Epoch != 0, "Erase needs the epoch of the account")
	}
	if a := c.Account; a != nil {
		need(a.Tenant == c.Tenant && a.UserID == c.UserID, "the account is another user's")
		need((a.Version == 0) == (c.Epoch == 0), "an account is inserted if, and only if, there is none")
		need(a.Epoch >= c.Epoch, "an epoch that goes back would bring back to life what was issued under it")
		need(a.Epoch > 0 && a.Version >= 0 && storable(a.DefaultFactor, maxText), "the account's epoch must be positive, its texts text")
		need(len(a.Handle) > 0 && len(a.Handle) <= maxBytes, "the account needs a handle")
	} else {
		need(c.Epoch > 0, "there is no account to change")
	}
	need(len(c.Put)+len(c.Delete)+len(c.Once)+len(c.Events) <= maxRows, "more than %d rows", maxRows)
	ids := map[string]bool{}
	for _, f := range append(append([]Factor(nil), c.Put...), c.Delete...) {
		need(f.Tenant == c.Tenant && f.UserID == c.UserID, "factor %.40q is another user's", f.ID)
		need(f.ID != "" && !ids[f.ID], "factor %.40q is there twice, or has no id", f.ID)
		need(f.Version >= 0 && f.Kind != "", "factor %.40q has no kind, or a negative version", f.ID)
		need(storable(f.ID, maxID) && storable(f.Kind, maxID), "factor %.40q has an id or a kind that is no short text", f.ID)
		need(storable(f.Label, maxText) && storable(f.Hint, maxText), "factor %.40q has a label or a hint that is no text", f.ID)
		need(storable(f.Handle, maxHandle), "factor %.40q has a handle that is no short text", f.ID)
		need(len(f.Data) <= maxBytes, "factor %.40q has %d bytes of data", f.ID, len(f.Data))
		ids[f.ID] = true
	}
	for _, f := range c.Delete {
		need(f.Version > 0, "factor %.40q is to be deleted, but was never stored", f.ID)
	}
	keys := map[[32]byte]bool{}
	for _, o := range c.Once {
		need(!keys[o.Key], "a key is to be spent twice")
		need(!o.Expires.IsZero(), "a key without an expiry would be pruned, and spent again, at once")
		keys[o.Key] = true
	}
	need(len(c.Events) == 0 || !c.At.IsZero(), "events of no time would be pruned before anybody fetched them")
	for _, e := range c.Events {
		need(len(e.Body) <= maxBytes, "an event of %d bytes", len(e.Body))
		need(e.Queue != "" && storable(e.Queue, maxID), "an event is in no queue, or in one whose name is no short text")
	}
	return errors.Join(faults...)
}

func storable(s string, limit int) bool { return len(s) <= limit && plain(s) }

// plain says that every database keeps s as it is.
func plain(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, 0) }
