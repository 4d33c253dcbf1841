package config

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"os"
	"slices"
	"sync"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	_ "modernc.org/sqlite"             // the driver "sqlite"

	"github.com/cofactor-mfa/cofactor/challenge"
	"github.com/cofactor-mfa/cofactor/challenge/redisstore"
	"github.com/cofactor-mfa/cofactor/factor"
	"github.com/cofactor-mfa/cofactor/factor/sqlstore"
	"github.com/cofactor-mfa/cofactor/keyset"
	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/registry"
)

// Program is what only the program can say: functions that the registry calls, where to log, and the clock. Zero values are the defaults of registry.Config.
type Program struct {
	About   func(ctx context.Context, tenant, user string) (registry.About, error)
	Before  func(context.Context, registry.Event) error
	Observe func(context.Context, registry.Event)
	Notify  func(context.Context, registry.Notice) error
	Now     func() time.Time
	// Trace is told of each call of the registry; Challenges and Factors may put something around a store, such as what measures it. Package telemetry has all three.
	Trace      func(ctx context.Context, op string) (context.Context, func(registry.Event))
	Challenges func(challenge.Store) challenge.Store
	Factors    func(factor.Store) factor.Store
	// Logger is slog.Default() if it is nil.
	Logger *slog.Logger
	// Terminal is where messages go that are printed instead of sent: os.Stderr if it is nil.
	Terminal io.Writer
}

// Deployment is a configuration in use: stores that are connected, and a registry for everybody and for each tenant that has settings of its own.
type Deployment struct {
	config     *Config
	challenges *Challenges
	factors    *Factors
	keys       *keyset.Keyset
	everybody  *registry.Registry
	tenants    map[string]*registry.Registry
	logger     *slog.Logger
	now        func() time.Time
	made       made
	stop       context.CancelFunc
	done       sync.WaitGroup
	closed     sync.Once
}

// Open connects to the stores, asks them whether they may be trusted, and makes the registries. What cannot be reached, or is unfit, is an error, and everything
// that was opened is closed again. Call Close when the program ends.
func (c *Config) Open(ctx context.Context, p Program) (_ *Deployment, err error) {
	p = p.withDefaults()
	d := &Deployment{config: c, tenants: map[string]*registry.Registry{}, logger: p.Logger, now: p.Now, keys: c.keyset}
	defer func() {
		if err != nil {
			err = errors.Join(err, d.Close(context.WithoutCancel(ctx)))
		}
	}()
	pepper := c.pepper
	if d.keys == nil {
		if d.keys, err = keyset.Ephemeral(); err != nil {
			return nil, err
		}
	}
	if pepper == nil {
		pepper = make([]byte, 32)
		_, _ = rand.Read(pepper) // never fails: it ends the program instead
	}
	if d.factors, err = c.OpenFactors(); err != nil {
		return nil, err
	}
	if d.factors.Store, err = d.factors.open(ctx); err != nil {
		return nil, fmt.Errorf("factors: %w", err)
	}
	if d.challenges, err = c.OpenChallenges(); err != nil {
		return nil, err
	}
	if err := d.challenges.Check(ctx); err != nil {
		return nil, fmt.Errorf("challenges: %w", err)
	}
	if p.Factors != nil {
		d.factors.Store = p.Factors(d.factors.Store)
	}
	if p.Challenges != nil {
		d.challenges.Store = p.Challenges(d.challenges.Store)
	}
	if d.everybody, err = d.registry(ctx, p, "", &c.deployment.settings, pepper); err != nil {
		return nil, err
	}
	for _, name := range c.Tenants() {
		own := c.deployment.Tenants[name]
		if d.tenants[name], err = d.registry(ctx, p, name, &own, pepper); err != nil {
			return nil, fmt.Errorf("tenants.%s: %w", name, err)
		}
	}
	d.retryNotices(ctx)
	d.announce(ctx)
	return d, nil
}

// announce says what is in use, and warns of what must not be in production.
func (d *Deployment) announce(ctx context.Context) {
	c := d.config.deployment
	var kinds []string
	for _, k := range d.everybody.Kinds() {
		kinds = append(kinds, k.Kind)
	}
	d.logger.InfoContext(ctx, "multi-factor authentication is on", slog.String("mode", c.Mode), slog.String("challenges", c.Challenges.Store),
		slog.String("factors", c.Factors.Store), slog.Any("kinds", kinds), slog.Any("tenants", d.config.Tenants()))
	if c.Mode != "production" {
		d.logger.WarnContext(ctx, "development mode: not for real users", slog.Any("insecure", c.AllowInsecure))
	}
}

func (p Program) withDefaults() Program {
	p.Logger = cmp.Or(p.Logger, slog.Default())
	if p.Terminal == nil {
		p.Terminal = os.Stderr
	}
	if p.Now == nil {
		p.Now = clock
	}
	return p
}

// deps is what a provider is given.
func (c *Config) deps(p Program, m *made, id, tenant string, s *settings) Deps {
	return Deps{ID: id, Tenant: tenant, Site: s.site(), Logger: p.Logger, Terminal: p.Terminal, Now: p.Now, allowed: c.deployment.AllowInsecure, made: m}
}

// clock is what there is if the program has none of its own.
func clock() time.Time { return time.Now() } //nolint:forbidigo // the default

// registry makes one registry.
func (d *Deployment) registry(ctx context.Context, p Program, tenant string, s *settings, pepper []byte) (*registry.Registry, error) {
	cfg := s.registry(tenant)
	cfg.AEAD, cfg.Challenges, cfg.Factors, cfg.Pepper, cfg.Queues = d.keys, d.challenges.Store, d.factors.Store, pepper, d.config.deployment.Events.Queues
	cfg.About, cfg.Before, cfg.Observe, cfg.Notify, cfg.Now, cfg.Trace = p.About, p.Before, p.Observe, p.Notify, p.Now, p.Trace
	var providers []provider.MultiFactorProvider
	for _, id := range slices.Sorted(maps.Keys(s.Providers)) {
		one := s.Providers[id]
		made, err := one.factory.make(ctx, one.section, d.config.deps(p, &d.made, id, tenant, s))
		if err != nil {
			return nil, fmt.Errorf("providers.%s: %w", id, err)
		}
		providers = append(providers, made)
		p.Logger.InfoContext(ctx, "provider is on",
			slog.String("provider", id), slog.String("type", one.factory.name), slog.String("kind", made.Info().Kind), slog.String("tenant", tenant))
	}
	return registry.New(cfg, providers...)
}

// noticeQueue is the queue of a tenant that has settings of its own, and so perhaps senders of its own: each registry must deliver its own notices.
func noticeQueue(tenant string) string {
	if tenant == "" {
		return "notices"
	}
	digest := sha256.Sum256([]byte(tenant))
	return "notices-" + hex.EncodeToString(digest[:8])
}

// Registry is that of a tenant: its own if the configuration has settings of its own for it, and otherwise everybody's. It is an httpapi.Tenants.
func (d *Deployment) Registry(tenant string) (*registry.Registry, error) {
	if own, ok := d.tenants[tenant]; ok {
		return own, nil
	}
	return d.everybody, nil
}

// Site is what the pages have to know for a tenant.
func (d *Deployment) Site(tenant string) Site { return d.config.Site(tenant) }

// Site is what the pages have to know for a tenant.
func (c *Config) Site(tenant string) Site { return c.settings(tenant).site() }

func (c *Config) settings(tenant string) *settings {
	if own, ok := c.deployment.Tenants[tenant]; ok {
		return &own
	}
	return &c.deployment.settings
}

// Challenges is the open store of challenges.
func (d *Deployment) Challenges() *Challenges { return d.challenges }

// Factors is the open store of factors.
func (d *Deployment) Factors() *Factors { return d.factors }

// Keys are what everything is sealed under.
func (d *Deployment) Keys() *keyset.Keyset { return d.keys }

// retryNotices delivers, now and then, what could not be delivered when it happened.
func (d *Deployment) retryNotices(ctx context.Context) {
	ctx, stop := context.WithCancel(context.WithoutCancel(ctx)) // It goes on when Open has returned, until Close.
	d.stop = stop
	every := d.config.deployment.Notices.Retry
	d.done.Go(func() {
		ticker := time.NewTicker(every)
		defer ticker.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
				if err := d.flush(ctx); err != nil && ctx.Err() == nil {
					d.logger.WarnContext(ctx, "notices wait", slog.String("error", err.Error()))
				}
			}
		}
	})
}

func (d *Deployment) flush(ctx context.Context) error {
	var faults []error
	if d.everybody != nil {
		faults = append(faults, d.everybody.Flush(ctx))
	}
	for _, name := range slices.Sorted(maps.Keys(d.tenants)) {
		faults = append(faults, d.tenants[name].Flush(ctx))
	}
	return errors.Join(faults...)
}

// Close delivers the notices that wait, as far as ctx allows, and then closes everything in the order in which it is needed: senders, Redis, the database.
func (d *Deployment) Close(ctx context.Context) error {
	var faults []error
	d.closed.Do(func() {
		if d.stop != nil {
			d.stop()
			d.done.Wait()
		}
		faults = append(faults, d.flush(ctx))
		for _, do := range slices.Backward(d.made.closers) {
			faults = append(faults, do(ctx))
		}
		if d.challenges != nil {
			faults = append(faults, d.challenges.Close())
		}
		if d.factors != nil {
			faults = append(faults, d.factors.Close())
		}
	})
	return errors.Join(faults...)
}

// Challenges is a store of challenges, with what it was made from.
type Challenges struct {
	challenge.Store
	// Check asks the servers whether they may be trusted with locks.
	Check func(context.Context) error
	// Close ends the connections.
	Close func() error
	// Redis is nil if the store is in memory.
	Redis redisClient
}

// OpenChallenges makes the store of challenges. It connects when it is used.
func (c *Config) OpenChallenges() (*Challenges, error) {
	s := c.deployment.Challenges
	if s.Store == "memory" {
		return &Challenges{Store: challenge.NewMemory(), Check: func(context.Context) error { return nil }, Close: func() error { return nil }}, nil
	}
	client, err := s.Redis.client()
	if err != nil {
		return nil, fmt.Errorf("challenges.redis: %w", err)
	}
	store, err := redisstore.New(redisstore.Config{Client: client, Prefix: s.Redis.Prefix})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("challenges.redis: %w", err), client.Close())
	}
	return &Challenges{Store: store, Check: store.Check, Close: client.Close, Redis: client}, nil
}

// Factors is a store of factors, with what it was made from.
type Factors struct {
	// Store is nil until the schema has been checked: Open and Check do that.
	factor.Store
	// DB is nil if the store is in memory.
	DB      *sql.DB
	Dialect sqlstore.Dialect
}

// OpenFactors connects to the database, for operators: it does not ask for a schema, so it is there to be migrated.
func (c *Config) OpenFactors() (*Factors, error) {
	s := c.deployment.Factors
	driver, source, f := "pgx", string(s.Postgres.URL), &Factors{Dialect: sqlstore.PostgreSQL}
	switch s.Store {
	case "memory":
		return &Factors{Store: factor.NewMemory()}, nil
	case "sqlite":
		driver, source, f.Dialect = "sqlite", sqlstore.SQLiteDSN(string(s.SQLite.File)), sqlstore.SQLite
	}
	db, err := sql.Open(driver, source)
	if err != nil { // Its message may quote the URL.
		return nil, errors.New("factors: the database's address cannot be used")
	}
	if s.Store == "postgres" {
		db.SetMaxOpenConns(s.Postgres.Connections)
		db.SetMaxIdleConns(s.Postgres.Connections)
		db.SetConnMaxIdleTime(5 * time.Minute)
	}
	f.DB = db
	return f, nil
}

// open checks schema and settings of the database.
func (f *Factors) open(ctx context.Context) (factor.Store, error) {
	if f.DB == nil {
		return f.Store, nil
	}
	return sqlstore.New(ctx, sqlstore.Config{DB: f.DB, Dialect: f.Dialect})
}

// Check asks the database whether it has the schema that this version needs, and keeps what is committed.
func (f *Factors) Check(ctx context.Context) error {
	_, err := f.open(ctx)
	return err
}

// Migrate brings the database to the schema that this version needs.
func (f *Factors) Migrate(ctx context.Context) error {
	if f.DB == nil {
		return nil
	}
	return sqlstore.Migrate(ctx, f.DB, f.Dialect)
}

// Close ends the connections.
func (f *Factors) Close() error {
	if f.DB == nil {
		return nil
	}
	return f.DB.Close()
}
