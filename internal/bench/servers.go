package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/redis/go-redis/v9"

	"github.com/cofactor-mfa/cofactor/challenge"
	"github.com/cofactor-mfa/cofactor/keyset"
	"github.com/cofactor-mfa/cofactor/registry"
)

// servers are a real Redis, and a real PostgreSQL with one database for each number of people.
type servers struct {
	redis      *redis.Client
	clients    map[string]redisClient
	challenges map[string]challenge.Store // one over each client
	admin      *pgx.Conn
	sites      map[int]*site
	aead       registry.AEAD
	meter      *meter
}

var _ deployment = (*servers)(nil)

// openServers connects to the servers that scripts/with-servers.sh has started, and enrols everybody.
func openServers(ctx context.Context, p plan, out io.Writer) (_ *servers, err error) {
	redisURL, postgresURL := os.Getenv("COFACTOR_TEST_REDIS"), os.Getenv("COFACTOR_TEST_POSTGRES")
	if redisURL == "" || postgresURL == "" {
		return nil, errors.New("COFACTOR_TEST_REDIS and COFACTOR_TEST_POSTGRES must name the servers; `make bench` starts them")
	}
	s := &servers{sites: map[int]*site{}, challenges: map[string]challenge.Store{}, meter: &meter{}}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close(context.WithoutCancel(ctx)))
		}
	}()
	if err := s.openRedis(ctx, redisURL); err != nil {
		return nil, fmt.Errorf("redis: %w", err)
	}
	if s.admin, err = pgx.Connect(ctx, postgresURL); err != nil {
		return nil, err
	}
	s.findProcesses(ctx)
	if s.aead, err = keyset.Ephemeral(); err != nil {
		return nil, err
	}
	since := time.Now().UTC().Truncate(time.Millisecond)
	m, err := newModel(ctx, s.aead, since)
	if err != nil {
		return nil, err
	}
	for _, n := range p.enrolled {
		began := time.Now()
		if s.sites[n], err = openSite(ctx, s.admin, postgresURL, newPeople(n, m, s.aead, since)); err != nil {
			return nil, fmt.Errorf("enrolling %d people: %w", n, err)
		}
		fmt.Fprintf(out, "enrolled %d people with 3 factors each in %.1f s\n", n, time.Since(began).Seconds())
	}
	return s, nil
}

func (s *servers) openRedis(ctx context.Context, url string) error {
	opt, err := redis.ParseURL(url)
	if err != nil {
		return err
	}
	client := redis.NewClient(opt)
	n, err := client.DBSize(ctx).Result()
	if err == nil && n != 0 {
		err = errors.New("the database is not empty, and would be emptied before each measurement")
	}
	if err != nil {
		return errors.Join(err, client.Close())
	}
	s.redis = client
	pipeline, err := client.AutoPipeline()
	if err != nil {
		return err
	}
	s.clients = map[string]redisClient{plainClient: client, autoPipeline: pipeline}
	for name, c := range s.clients {
		if s.challenges[name], err = challengeStore(c); err != nil {
			return err
		}
	}
	return floorRedis{client}.load(ctx)
}

// findProcesses looks for the servers among the processes of this machine. Elsewhere their processor time is left out.
func (s *servers) findProcesses(ctx context.Context) {
	info := s.redis.InfoMap(ctx, "server").Val()
	if pid, err := strconv.Atoi(info["Server"]["process_id"]); err == nil {
		if p, ok := process(pid); ok && p.name == "redis-server" {
			s.meter.redis = pid
		}
	}
	var backend int
	if err := s.admin.QueryRow(ctx, "SELECT pg_backend_pid()").Scan(&backend); err == nil {
		if p, ok := process(backend); ok && p.name == "postgres" {
			s.meter.postgres = p.parent
		}
	}
}

// few is how many people can be enrolled anew before each measurement.
const few = 10_000

func (s *servers) prepare(ctx context.Context, c cell) error {
	if err := s.redis.FlushDB(ctx).Err(); err != nil {
		return err
	}
	if c.enrolled > few {
		return nil
	}
	return s.sites[c.enrolled].enrol(ctx)
}

func (s *servers) people(enrolled int) *people { return s.sites[enrolled].people }

func (s *servers) door(ctx context.Context, c *caller) (door, error) {
	at := s.sites[c.cell.enrolled]
	ours := stores{s.challenges[c.cell.client], at.factors}
	switch c.cell.side {
	case floorSide:
		return &floor{floorRedis{s.clients[c.cell.client]}, floorRows{standard{at.db}}, s.aead, c}, nil
	case directSide:
		return &floor{floorRedis{s.clients[c.cell.client]}, floorRows{direct{at.pool}}, s.aead, c}, nil
	case storesSide:
		return &bare{ours, c}, nil
	case webFloorSide:
		return newWebFloor(ctx, floor{floorRedis{s.clients[c.cell.client]}, floorRows{standard{at.db}}, s.aead, c})
	case webSide:
		return newWebOurs(ctx, ours, c)
	}
	return newOurs(ours, c)
}

func (s *servers) close(ctx context.Context) error {
	var faults []error
	for _, at := range s.sites {
		if at != nil {
			faults = append(faults, at.close(ctx, s.admin))
		}
	}
	if s.admin != nil {
		faults = append(faults, s.admin.Close(ctx))
	}
	if s.redis != nil {
		faults = append(faults, s.redis.FlushDB(ctx).Err(), s.redis.Close())
	}
	return errors.Join(faults...)
}
