package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/cofactor-mfa/cofactor/keyset"
)

type removeKeyCommand struct {
	ID uint32 `arg:"" help:"The key: cofactor keys report lists them."`
	passFlags
	File string `type:"path" placeholder:"FILE" help:"The file of keys. By default the configuration's."`
	confirmation
}

// Help says what the pass cannot see.
func (removeKeyCommand) Help() string {
	return "It goes over all rows first, and refuses as long as one is sealed under the key. It cannot see what clients hold, nor a replica that still has the old keys: " +
		"wait a day after the last replica has the new ones, and a week if notices may wait that long. A backup of the database from before needs the key."
}

// removed is a key that is no more.
type removed struct {
	Removed uint32 `json:"removed"`
	keyFile
}

// Run removes a key that seals nothing.
func (c removeKeyCommand) Run(ctx context.Context, s *session) error {
	actor, err := c.who()
	if err != nil {
		return err
	}
	if c.After != "" {
		return misused(errors.New("a key is removed after a whole pass: --after makes no sense here"))
	}
	if err := c.possible(s); err != nil { // before the pass, which may take long
		return err
	}
	d, err := c.open(ctx, s, c.auditFlags)
	if err != nil {
		return err
	}
	file, err := theKeys(c.File, d.config)
	if err == nil {
		err = c.unused(ctx, s, d, actor)
	}
	if err = errors.Join(d.events.explain(err), d.close(ctx)); err != nil {
		return err
	}
	warning := fmt.Sprintf("What is sealed under key %d opens never again: backups of the database from before, and what clients got within the last day.", c.ID)
	if err := c.confirm(ctx, s, warning, name(c.ID)); err != nil {
		return err
	}
	out := removed{Removed: c.ID}
	err = change(file, func(old []byte) (next []byte, err error) {
		have, err := described(file, old)
		switch {
		case err != nil:
			return nil, misused(err)
		case !slices.Contains(have.Opening, c.ID):
			return nil, fmt.Errorf("%s has no key %d", file, c.ID)
		case have.Sealing == c.ID:
			return nil, fmt.Errorf("key %d is the one that seals: rotate first", c.ID)
		}
		smaller, err := keyset.Remove(keyset.Config{Keyset: old}, c.ID)
		if err != nil {
			return nil, err
		}
		out.keyFile, err = described(file, smaller)
		return smaller, err
	})
	if err != nil {
		return err
	}
	s.say("Deploy the file to every replica.")
	return s.show(out)
}

// unused refuses a key that still seals a row.
func (c removeKeyCommand) unused(ctx context.Context, s *session, d *deployment, actor string) error {
	r, err := c.report(ctx, s, d, actor)
	if err != nil {
		return err
	}
	if n := r.counts[name(c.ID)]; n > 0 {
		return fmt.Errorf("key %d still seals %s, which would never open again: cofactor keys rewrap", c.ID, counted(n, "row"))
	}
	return nil
}
