package registry

import "context"

// allowed asks the application whether a call may go on. It is asked when everything else has said yes, and before anything is sent, changed or proved; nothing is
// held meanwhile. No is no, and so are a panic, and an answer that does not come within 2 seconds.
func (c *call) allowed(ctx context.Context) error {
	if c.r.cfg.Before == nil {
		return nil
	}
	event := c.event("", "")
	err := does(ctx, func(ctx context.Context) error { return c.r.cfg.Before(ctx, event) })
	if err == nil {
		return nil
	}
	return c.fail(ctx, ErrPolicyForbids, "refused by the application: "+cut(err.Error(), maxIDBytes))
}
