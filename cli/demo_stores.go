package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"

	"github.com/cofactor-mfa/cofactor/challenge"
	"github.com/cofactor-mfa/cofactor/challenge/redisstore"
	"github.com/cofactor-mfa/cofactor/factor"
	"github.com/cofactor-mfa/cofactor/factor/sqlstore"
	"github.com/cofactor-mfa/cofactor/keyset"
	"github.com/cofactor-mfa/cofactor/registry"
)

// stores is where a demo keeps what it must not forget.
type stores struct {
	challenges challenge.Store
	factors    factor.Store
	aead       registry.AEAD
	pepper     []byte
	forgets    bool // all of it, when the demo stops
	where      string
	closers    []func() error
}

func (s *stores) close() error {
	var faults []error
	for _, c := range s.closers {
		faults = append(faults, c())
	}
	return errors.Join(faults...)
}

const (
	openTimeout = 15 * time.Second
	factorsFile = "factors.db"
)

// open opens what the flags name. Its errors say which flag does not fit, and never quote a URL, which may hold a password.
func (c demoCommand) open(ctx context.Context) (_ *stores, err error) {
	ctx, cancel := context.WithTimeout(ctx, openTimeout)
	defer cancel()
	if c.Database != "" && c.Data == "" {
		return nil, errors.New("--database needs --data: the keys that open what is in the database are kept in that folder")
	}
	s := &stores{challenges: challenge.NewMemory()}
	defer func() {
		if err != nil {
			err = cmp.Or(err, s.close())
		}
	}()
	if s.pepper, err = pepperIn(c.Data); err != nil {
		return nil, fmt.Errorf("--data: %w", err)
	}
	switch {
	case c.Data == "":
		s.forgets, s.where = true, "Data is in memory and gone when you stop."
		s.factors = factor.NewMemory()
		if s.aead, err = keyset.Ephemeral(); err != nil {
			return nil, err
		}
	case c.Database == "":
		s.where = "Data is in " + c.Data + " and there again the next time."
		path := filepath.Join(c.Data, factorsFile)
		if s.aead, err = keysIn(c.Data, path); err != nil {
			return nil, fmt.Errorf("--data: %w", err)
		}
		if err := s.openDatabase(ctx, path); err != nil {
			return nil, fmt.Errorf("--data: %w", err)
		}
	default:
		s.where = "Data is in the database, and its keys are in " + c.Data + "."
		if s.aead, err = keysIn(c.Data, ""); err != nil {
			return nil, fmt.Errorf("--data: %w", err)
		}
		if err := s.openDatabase(ctx, c.Database); err != nil {
			return nil, fmt.Errorf("--database: %w", err)
		}
	}
	if c.Redis != "" {
		s.where += " Challenges are in Redis."
		if err := s.openRedis(ctx, c.Redis); err != nil {
			return nil, fmt.Errorf("--redis: %w", err)
		}
	}
	return s, nil
}

// openDatabase opens a database, and brings it to the schema of this version.
func (s *stores) openDatabase(ctx context.Context, url string) error {
	db, dialect, err := openDatabase(url)
	if err != nil {
		return err
	}
	s.closers = append(s.closers, db.Close)
	if err := sqlstore.Migrate(ctx, db, dialect); err != nil {
		return err
	}
	s.factors, err = sqlstore.New(ctx, sqlstore.Config{DB: db, Dialect: dialect})
	return err
}

func (s *stores) openRedis(ctx context.Context, url string) error {
	options, err := redis.ParseURL(url)
	if err != nil {
		return errors.New("not a URL of a Redis server: want redis://localhost:6379")
	}
	options.ContextTimeoutEnabled = true // or it would wait for a reply longer than a call may take
	logging.Disable()                    // The client would tell the terminal in its own words what its error says as well.
	client := redis.NewClient(options)
	s.closers = append(s.closers, client.Close)
	store, err := redisstore.New(redisstore.Config{Client: client, Prefix: "cofactor-demo:"})
	if err != nil {
		return err
	}
	s.challenges = store
	return store.Check(ctx)
}
