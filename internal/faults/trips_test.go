package faults_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	otp "github.com/pquerna/otp/totp"
	"github.com/redis/go-redis/v9"

	"github.com/cofactor-mfa/cofactor/challenge/redisstore"
	"github.com/cofactor-mfa/cofactor/factor/sqlstore"
	"github.com/cofactor-mfa/cofactor/internal/testenv"
	"github.com/cofactor-mfa/cofactor/keyset"
	"github.com/cofactor-mfa/cofactor/policy"
	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/provider/totp"
	"github.com/cofactor-mfa/cofactor/registry"
)

// trips counts what goes over the wire to either server.
type trips struct {
	mu    sync.Mutex
	redis []string
	sql   []string
}

func (n *trips) take() (redis, reads, writes int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, q := range n.sql {
		switch {
		case strings.HasPrefix(q, "SELECT"):
			reads++
		case strings.HasPrefix(q, "DELETE"): // pruning, which goes on beside a call, once a minute
		default:
			writes++
		}
	}
	redis = len(n.redis)
	n.redis, n.sql = nil, nil
	return redis, reads, writes
}

func (n *trips) DialHook(next redis.DialHook) redis.DialHook {
	return func(ctx context.Context, network, addr string) (net.Conn, error) { return next(ctx, network, addr) }
}

func (n *trips) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		n.mu.Lock()
		n.redis = append(n.redis, cmd.Name())
		n.mu.Unlock()
		return next(ctx, cmd)
	}
}

func (n *trips) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}

func (n *trips) TraceQueryStart(ctx context.Context, _ *pgx.Conn, q pgx.TraceQueryStartData) context.Context {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.sql = append(n.sql, q.SQL)
	return ctx
}

func (*trips) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// A whole login by an authenticator app makes three round trips to Redis, three reads and one write in PostgreSQL, and its challenge takes at most 320 bytes of
// Redis, or 512 where the login asks for two factors.
func TestWhatALoginCosts(t *testing.T) {
	n := &trips{}
	options, err := redis.ParseURL(testenv.Redis(t))
	if err != nil {
		t.Fatal(err)
	}
	client := redis.NewClient(options)
	t.Cleanup(func() { _ = client.Close() })
	admin := redis.NewClient(options)
	t.Cleanup(func() { _ = admin.Close() })
	client.AddHook(n)
	challenges, err := redisstore.New(redisstore.Config{Client: client, Prefix: "trp:"})
	if err != nil {
		t.Fatal(err)
	}
	config, err := pgx.ParseConfig(testenv.Postgres(t))
	if err != nil {
		t.Fatal(err)
	}
	schema := fmt.Sprintf("trips_%d", time.Now().UnixNano())
	config.RuntimeParams["search_path"] = schema
	config.Tracer = n
	db := stdlib.OpenDB(*config)
	t.Cleanup(func() {
		_, _ = db.Exec("DROP SCHEMA " + schema + " CASCADE")
		_ = db.Close()
	})
	if _, err := db.Exec("CREATE SCHEMA " + schema); err != nil {
		t.Fatal(err)
	}
	if err := sqlstore.Migrate(t.Context(), db, sqlstore.PostgreSQL); err != nil {
		t.Fatal(err)
	}
	factors, err := sqlstore.New(t.Context(), sqlstore.Config{DB: db, Dialect: sqlstore.PostgreSQL})
	if err != nil {
		t.Fatal(err)
	}
	app, err := totp.New(totp.Config{Issuer: "Acme"})
	if err != nil {
		t.Fatal(err)
	}
	keys, err := keyset.Ephemeral()
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	for k, limit := range map[int]int64{1: 320, 2: 512} {
		r, err := registry.New(registry.Config{
			AEAD: keys, Challenges: challenges, Factors: factors, Policy: policy.AtLeast(k), Now: func() time.Time { return now },
		}, app)
		if err != nil {
			t.Fatal(err)
		}
		who := registry.Who{User: provider.User{ID: fmt.Sprintf("user-%08d-1111-2222-3333-444455556666", k), Name: "alice"}, Binding: "a random value of the session"}
		login, err := r.StartLogin(t.Context(), registry.Start{Who: who, Primary: []string{"pwd"}})
		if err != nil {
			t.Fatal(err)
		}
		secrets := map[string]string{}
		for range k {
			ch, err := r.BeginSetup(t.Context(), registry.Enrol{Who: who, Pending: login.Pending, Kind: totp.Kind})
			if err != nil {
				t.Fatal(err)
			}
			secret := ch.Public.(totp.SetupPrompt).Secret
			if login, err = r.FinishSetup(t.Context(), registry.Finish{Who: who, Pending: login.Pending, Challenge: ch.ID, Response: shown(t, secret, now)}); err != nil {
				t.Fatal(err)
			}
			secrets[login.Factor] = secret
		}
		for round := range 2 { // the first round loads scripts and prepares statements
			now = now.Add(time.Hour)
			n.take()
			if login, err = r.StartLogin(t.Context(), registry.Start{Who: who, Primary: []string{"pwd"}}); err != nil {
				t.Fatal(err)
			}
			for range k {
				factor := login.Choices[0].Factor
				ch, err := r.BeginLogin(t.Context(), registry.Begin{Who: who, Pending: login.Pending, Factor: factor})
				if err != nil {
					t.Fatal(err)
				}
				if bytes := largest(t, admin); bytes > limit {
					t.Errorf("with %d factors a challenge takes %d bytes of Redis, more than %d", k, bytes, limit)
				}
				if login, err = r.FinishLogin(t.Context(), registry.Finish{Who: who, Pending: login.Pending, Challenge: ch.ID, Response: shown(t, secrets[factor], now)}); err != nil {
					t.Fatal(err)
				}
			}
			if !login.Satisfied {
				t.Fatalf("%+v", login)
			}
			redis, reads, writes := n.take()
			if round > 0 && (redis != 3*k || reads != 1+2*k || writes != k) {
				t.Errorf("a login with %d factors: %d trips to Redis, %d reads, %d writes; want %d, %d, %d", k, redis, reads, writes, 3*k, 1+2*k, k)
			}
		}
	}
}

func shown(t *testing.T, secret string, at time.Time) json.RawMessage {
	t.Helper()
	code, err := otp.GenerateCode(secret, at)
	if err != nil {
		t.Fatal(err)
	}
	return json.RawMessage(`{"code":"` + code + `"}`)
}

// largest is the most that a live challenge of this store takes, with its key and its expiry.
func largest(t *testing.T, client *redis.Client) (most int64) {
	t.Helper()
	keys, err := client.Keys(t.Context(), "trp:{*}:c:*").Result()
	if err != nil || len(keys) == 0 {
		t.Fatalf("%d challenges, %v", len(keys), err)
	}
	for _, key := range keys {
		if n := client.MemoryUsage(t.Context(), key).Val(); n > most {
			most = n
		}
	}
	return most
}
