// Command replica is a program to run several times behind a load balancer: all that it keeps is in Redis and PostgreSQL, so a sign-in that one replica has begun
// is finished by any other, and a replica can be ended, replaced by a newer version or given new keys at any time. docs/how-to/deploy.md tells what to run it on.
//
//	replica migrate   # once per deployment, before the first replica of a new version
//	replica           # serves until SIGTERM
//
// Settings come from the environment:
//
//	ADDR      where to listen; ":8080" by default
//	REDIS     addresses, with commas between those of a Cluster
//	POSTGRES  a URL
//	KEYSET    a file with a keyset, from `cofactor keys new`
//	PEPPER    a file with at least 32 random bytes
//	PASSWORD  everybody's; a real site has users
//	DRAIN     how long load balancers need to learn that it ends; 5s by default
package main

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver
	"github.com/redis/go-redis/v9"

	"github.com/cofactor-mfa/cofactor/audit"
	"github.com/cofactor-mfa/cofactor/challenge/redisstore"
	"github.com/cofactor-mfa/cofactor/factor/sqlstore"
	"github.com/cofactor-mfa/cofactor/health"
	"github.com/cofactor-mfa/cofactor/keyset"
	"github.com/cofactor-mfa/cofactor/policy"
	"github.com/cofactor-mfa/cofactor/provider/backup"
	"github.com/cofactor-mfa/cofactor/provider/totp"
	"github.com/cofactor-mfa/cofactor/registry"
	"github.com/cofactor-mfa/cofactor/telemetry"
)

func main() {
	logger := slog.New(slog.NewJSONHandler(os.Stderr, nil))
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	run := serve
	if len(os.Args) == 2 && os.Args[1] == "migrate" {
		run = migrate
	}
	if err := run(ctx, logger); err != nil {
		logger.LogAttrs(ctx, slog.LevelError, "replica", slog.String("error", err.Error()))
		os.Exit(1) //nolint:gocritic // nothing is left that a deferred call would put in order
	}
}

func migrate(ctx context.Context, _ *slog.Logger) error {
	db, err := sql.Open("pgx", os.Getenv("POSTGRES"))
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	return sqlstore.Migrate(ctx, db, sqlstore.PostgreSQL)
}

// serve starts only if everything is there and fit, and ends in the order that loses nothing: first load balancers learn of it, then requests end, then
// notices go out, and at last the connections close.
func serve(ctx context.Context, logger *slog.Logger) error {
	drain, err := time.ParseDuration(cmp.Or(os.Getenv("DRAIN"), "5s"))
	if err != nil {
		return err
	}
	client := connectRedis(os.Getenv("REDIS"))
	defer func() { _ = client.Close() }()
	db, err := sql.Open("pgx", os.Getenv("POSTGRES"))
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	r, err := open(ctx, logger, client, db)
	if err != nil {
		return err
	}

	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", cmp.Or(os.Getenv("ADDR"), ":8080"))
	if err != nil {
		return err
	}
	server := &http.Server{Handler: r.routes(), ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 30 * time.Second}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	logger.LogAttrs(ctx, slog.LevelInfo, "replica serves", slog.String("addr", listener.Addr().String()))

	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), drain+30*time.Second)
	defer cancel()
	r.health.End()
	time.Sleep(drain)
	return errors.Join(server.Shutdown(ctx), r.reg.Flush(ctx))
}

// connectRedis connects to a Cluster if there are several addresses.
func connectRedis(addresses string) redis.UniversalClient {
	all := strings.Split(addresses, ",")
	if len(all) > 1 {
		return redis.NewClusterClient(&redis.ClusterOptions{Addrs: all, ContextTimeoutEnabled: true, ClusterStateReloadInterval: time.Second})
	}
	return redis.NewClient(&redis.Options{Addr: all[0], ContextTimeoutEnabled: true})
}

// replica is the program.
type replica struct {
	reg      *registry.Registry
	keys     registry.AEAD
	health   *health.Health
	password string
}

func open(ctx context.Context, logger *slog.Logger, client redis.UniversalClient, db *sql.DB) (*replica, error) {
	secret, err1 := os.ReadFile(os.Getenv("KEYSET")) //nolint:gosec // whoever starts the program says where its keys are
	pepper, err2 := os.ReadFile(os.Getenv("PEPPER")) //nolint:gosec // likewise
	keys, err3 := keyset.New(keyset.Config{Keyset: secret})
	challenges, err4 := redisstore.New(redisstore.Config{Client: client})
	factors, err5 := sqlstore.New(ctx, sqlstore.Config{DB: db, Dialect: sqlstore.PostgreSQL})
	app, err6 := totp.New(totp.Config{Issuer: "Replica"})
	codes, err7 := backup.New(backup.Config{})
	measure, err8 := telemetry.New(telemetry.Config{})
	log, err9 := audit.NewLog(logger)
	if err := errors.Join(err1, err2, err3, err4, err5, err6, err7, err8, err9); err != nil {
		return nil, err
	}
	if err := challenges.Check(ctx); err != nil {
		return nil, err
	}
	r := &replica{keys: keys, password: os.Getenv("PASSWORD")}
	if r.password == "" {
		return nil, errors.New("PASSWORD is required")
	}
	r.reg, err1 = registry.New(registry.Config{
		AEAD: keys, Pepper: pepper, Policy: policy.Optional(), Trace: measure.Trace,
		Challenges: measure.Challenges(challenges), Factors: measure.Factors(factors),
		Observe: func(ctx context.Context, e registry.Event) {
			measure.Observe(ctx, e)
			log.Observe(ctx, e)
		},
	}, app, codes)
	r.health, err2 = health.New(health.Config{
		Needed: []health.Check{health.Challenges(challenges), health.Factors(factors)},
		Useful: []health.Check{{Name: "redis", Probe: challenges.Check, Every: 10 * time.Second}}, // all nodes, replicas too
		Logger: logger,
	})
	if err := errors.Join(err1, err2); err != nil {
		return nil, fmt.Errorf("replica: %w", err)
	}
	return r, nil
}
