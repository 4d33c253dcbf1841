package registry

import "context"

// Report counts the accounts of a page, and of all pages that were counted before.
type Report struct {
	Accounts int
	States   map[State]int  // every state is in it
	Kinds    map[string]int // accounts with at least one factor of the kind that can be used; every configured kind is in it
	Next     string         // where to go on; "" when all accounts have been counted
}

// Report counts a page of accounts by state and kind, and adds them to what was counted before: who has no factor, who is in grace, who uses text messages
// only. State is not looked at. Begin with the zero Report, and go on until Next is "":
//
//	var sum registry.Report
//	for more := true; more; more = sum.Next != "" {
//		if sum, err = reg.Admin().Report(ctx, search, sum); err != nil { ... }
//	}
//
// It is a count over time, not at one moment: accounts change while others are being counted.
func (a Admin) Report(ctx context.Context, s Search, before Report) (Report, error) {
	s.After = before.Next
	c := a.r.call("report", s.who())
	defer c.trace(&ctx)()
	page, err := c.page(ctx, s)
	if err != nil {
		return before, err
	}
	snaps, next, err := a.r.scan(ctx, page)
	if err != nil {
		return before, c.fail(ctx, ErrUnavailable, err.Error())
	}
	sum := Report{Accounts: before.Accounts + len(snaps), States: map[State]int{}, Kinds: map[string]int{}, Next: next}
	for _, state := range States() {
		sum.States[state] = before.States[state]
	}
	for name := range a.r.kinds {
		sum.Kinds[name] = before.Kinds[name]
	}
	for _, snap := range snaps {
		l := a.r.listed(c.now, snap)
		for _, state := range l.States {
			sum.States[state]++
		}
		counted := map[string]bool{}
		for _, f := range l.Factors {
			if f.Usable && !counted[f.Kind] {
				counted[f.Kind] = true
				sum.Kinds[f.Kind]++
			}
		}
	}
	c.done(ctx, "")
	return sum, nil
}
