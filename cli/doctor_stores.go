package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"

	"github.com/cofactor-mfa/cofactor/challenge/redisstore"
	"github.com/cofactor-mfa/cofactor/factor/sqlstore"
	"github.com/cofactor-mfa/cofactor/registry"
)

// challenges asks Redis whether it may be trusted with locks.
func (x *examination) challenges(ctx context.Context) {
	const name = "challenges"
	store, err := x.cfg.OpenChallenges()
	if err != nil {
		x.stores = false
		x.add(name, failed, err.Error(), "mend challenges in the configuration")
		return
	}
	defer func() { _ = store.Close() }()
	if store.Redis == nil {
		x.add(name, fine, "in memory, for development", "")
		return
	}
	logging.Disable() // The client would say in its own words what its error says as well.
	version := ""
	err = limited(ctx, func(ctx context.Context) error {
		if err := store.Check(ctx); err != nil {
			return err
		}
		info, err := store.Redis.Info(ctx, "server").Result()
		version = infoField(info, "redis_version")
		return err
	})
	switch {
	case err == nil:
		x.add(name, fine, fmt.Sprintf("Redis %s, maxmemory-policy noeviction", version), "")
	case errors.Is(err, redisstore.ErrUnfit):
		x.stores = false
		x.add(name, failed, err.Error(), "change what it names, in the server and in its redis.conf: maxmemory-policy noeviction")
	default:
		x.stores = false
		x.add(name, failed, redisFault(err), "start Redis, or mend challenges.redis in the configuration: address, user, password, TLS")
	}
}

// redisFault is an error of the client without the address, which may have a password in it only in the configuration, and without what is no news.
func redisFault(err error) string {
	if errors.Is(err, redis.ErrClosed) {
		return "the connection was closed"
	}
	return err.Error()
}

func infoField(info, field string) string {
	for line := range strings.Lines(info) {
		if value, ok := strings.CutPrefix(strings.TrimSpace(line), field+":"); ok {
			return value
		}
	}
	return "of an unknown version"
}

// database asks whether the tables are there, and whether what is committed is kept.
func (x *examination) database(ctx context.Context) {
	const name = "database"
	factors, err := x.cfg.OpenFactors()
	if err != nil {
		x.stores = false
		x.add(name, failed, err.Error(), "mend factors in the configuration")
		return
	}
	defer func() { _ = factors.Close() }()
	if factors.DB == nil {
		x.memory = true
		x.add(name, fine, "in memory, for development", "")
		return
	}
	var schema sqlstore.Schema
	err = limited(ctx, func(ctx context.Context) (err error) {
		schema, err = sqlstore.Look(ctx, factors.DB, factors.Dialect)
		return err
	})
	switch {
	case err != nil:
		x.add(name, failed, err.Error(), "start the database, or mend factors in the configuration: address, user, password, TLS")
	case schema.Have < schema.Need:
		x.add(name, failed, fmt.Sprintf("%s has schema %d of %d", factors.Dialect, schema.Have, schema.Need), "cofactor migrate up")
	case schema.Have > schema.Need:
		x.add(name, failed, fmt.Sprintf("%s has schema %d, and this version knows %d", factors.Dialect, schema.Have, schema.Need), "use a version of cofactor that is not older than the database")
	default:
		if err := limited(ctx, factors.Check); err != nil {
			x.add(name, failed, err.Error(), "change the settings that it names, in the database or in the URL")
			break
		}
		x.add(name, fine, fmt.Sprintf("%s, schema %d", factors.Dialect, schema.Have), "")
		return
	}
	x.stores = false
}

// rowsTried is how many accounts' rows the doctor tries to open.
const rowsTried = 1000

// keys tries whether the keys open what is in the database.
func (x *examination) keys(ctx context.Context) {
	const name = "keys"
	if x.memory {
		x.add(name, fine, "nothing is kept, so there is nothing to open", "")
		return
	}
	if !x.stores {
		x.add(name, warning, "not tried, because a store cannot be used", "")
		return
	}
	var found registry.Progress
	err := limited(ctx, func(ctx context.Context) error {
		d, err := x.cfg.Open(ctx, x.program)
		if err != nil {
			return err
		}
		reg, err := d.Registry("")
		if err == nil {
			found, err = reg.Admin().Keys(ctx, registry.Rewrap{N: rowsTried, Actor: "cofactor doctor", Reason: "whether the keys open"})
		}
		silent, over := context.WithCancel(ctx) // nothing is sent: notices that wait go on waiting
		over()
		if closed := d.Close(silent); !errors.Is(closed, context.Canceled) {
			err = errors.Join(err, closed)
		}
		return err
	})
	looked := counted(found.Rows, "row")
	if found.Next != "" {
		looked = "the first " + looked
	}
	switch {
	case err != nil:
		x.add(name, failed, err.Error(), "")
	case found.Rows == 0:
		x.add(name, fine, "there is no row yet to be opened", "")
	case len(found.Unopened) > 0:
		x.add(name, failed, fmt.Sprintf("%d of %s do not open", len(found.Unopened), looked), "cofactor keys report says which, and why: bring back the key that was removed too early")
	default:
		x.add(name, fine, looked+" opened", "")
	}
}
