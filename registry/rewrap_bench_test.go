package registry_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cofactor-mfa/cofactor/factor"
	"github.com/cofactor-mfa/cofactor/factor/sqlstore"
	"github.com/cofactor-mfa/cofactor/internal/seal"
	"github.com/cofactor-mfa/cofactor/internal/testenv"
	"github.com/cofactor-mfa/cofactor/keyset"
	"github.com/cofactor-mfa/cofactor/policy"
	"github.com/cofactor-mfa/cofactor/registry"
)

// BenchmarkRewrap rotates the key of COFACTOR_REWRAP_ROWS rows (20,000) in PostgreSQL, each of which has been sealed for a user of its own. It prints how many rows a
// second that is at full speed, and what becomes of logins beside a rewrap at a tenth of that: their number a second, as a part of that without a rewrap.
//
//	COFACTOR_REWRAP_ROWS=1000000 scripts/with-servers.sh go test -run=NONE -bench=Rewrap -benchtime=1x -timeout=1h ./registry
func BenchmarkRewrap(b *testing.B) {
	rows := 20_000
	if n, err := strconv.Atoi(os.Getenv("COFACTOR_REWRAP_ROWS")); err == nil {
		rows = n
	}
	first, err := keyset.Generate(nil)
	if err != nil {
		b.Fatal(err)
	}
	second, err := keyset.Rotate(keyset.Config{Keyset: first})
	if err != nil {
		b.Fatal(err)
	}
	third, err := keyset.Rotate(keyset.Config{Keyset: second})
	if err != nil {
		b.Fatal(err)
	}
	keys := make([]*keyset.Keyset, 3)
	for i, j := range []keyset.JSON{first, second, third} {
		if keys[i], err = keyset.New(keyset.Config{Keyset: j}); err != nil {
			b.Fatal(err)
		}
	}
	store, db := benchStore(b)
	fill(b, db, keys[0], rows)
	challenges := redisStore(b)
	r := make([]*registry.Registry, 3)
	for i, k := range keys {
		cfg := registry.Config{AEAD: k, Challenges: challenges, Factors: store, Policy: policy.Optional()}
		if r[i], err = registry.New(cfg, newSecret("pin")); err != nil {
			b.Fatal(err)
		}
	}
	b.ResetTimer()
	for range b.N {
		began := time.Now()
		p := pass(b, b.Context(), r[1], byRoot)
		full := float64(p.Rewrapped) / time.Since(began).Seconds()
		if p.Rewrapped != rows {
			b.Fatalf("%d of %d rows: %+v", p.Rewrapped, rows, p)
		}
		b.ReportMetric(full, "rows/s")

		const span, rounds = 2 * time.Second, 5
		logins(b, r[2], rows, time.Second) // warm
		paced := byRoot
		paced.Rate, paced.N = max(1, int(full/10)), 500
		var alone, with float64
		for range rounds { // in turns, for the machine may be busy with something else
			alone += logins(b, r[2], rows, span) / rounds
			ctx, cancel := context.WithCancel(b.Context())
			var beside sync.WaitGroup
			beside.Go(func() { paced.After = pass(b, ctx, r[2], paced).Next })
			with += logins(b, r[2], rows, span) / rounds
			cancel()
			beside.Wait()
		}
		b.ReportMetric(alone, "logins/s")
		b.ReportMetric(with/alone, "kept-beside-a-paced-one")
	}
}

// pass makes steps until the end, or until ctx ends.
func pass(b *testing.B, ctx context.Context, r *registry.Registry, w registry.Rewrap) (sum registry.Progress) {
	b.Helper()
	for {
		p, err := r.Admin().Rewrap(ctx, w)
		sum.Add(p)
		if err != nil && ctx.Err() == nil {
			b.Error(err)
		}
		if w.After = p.Next; w.After == "" || err != nil {
			return sum
		}
	}
}

// logins signs users in for a while, from four callers, and returns how many that were in a second.
func logins(b *testing.B, r *registry.Registry, rows int, span time.Duration) float64 {
	b.Helper()
	var n atomic.Int64
	var all sync.WaitGroup
	until := time.Now().Add(span)
	for caller := range 4 {
		all.Go(func() {
			for i := caller; time.Now().Before(until); i += 4 {
				who := benchUser(i % rows)
				l, err := r.StartLogin(b.Context(), registry.Start{Who: who, Primary: []string{"pwd"}, Begin: true})
				if err != nil || l.Challenge == nil {
					b.Errorf("StartLogin: %v", err)
					return
				}
				_, err = r.FinishLogin(b.Context(), registry.Finish{Who: who, Pending: l.Pending, Challenge: l.Challenge.ID, Response: yes})
				if err != nil {
					b.Errorf("FinishLogin: %v", err)
					return
				}
				n.Add(1)
			}
		})
	}
	all.Wait()
	return float64(n.Load()) / span.Seconds()
}

func benchUser(i int) registry.Who {
	who := alice()
	who.User.ID = fmt.Sprintf("user%08d", i)
	return who
}

func benchStore(b *testing.B) (factor.Store, *sql.DB) {
	b.Helper()
	url, schema := testenv.Postgres(b), fmt.Sprintf("rewrap_%d", os.Getpid())
	admin := openSQL(b, url)
	if _, err := admin.Exec("CREATE SCHEMA " + schema); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _, _ = admin.Exec("DROP SCHEMA " + schema + " CASCADE") })
	db := openSQL(b, url+"&search_path="+schema)
	db.SetMaxOpenConns(8)
	if err := sqlstore.Migrate(b.Context(), db, sqlstore.PostgreSQL); err != nil {
		b.Fatal(err)
	}
	s, err := sqlstore.New(b.Context(), sqlstore.Config{DB: db, Dialect: sqlstore.PostgreSQL})
	if err != nil {
		b.Fatal(err)
	}
	return s, db
}

// fill writes users who have a factor each, past the store, which would take one transaction for each.
func fill(b *testing.B, db *sql.DB, k *keyset.Keyset, rows int) {
	b.Helper()
	const chunk = 1000
	for from := 0; from < rows; from += chunk {
		var accounts, factors strings.Builder
		var a, f []any
		for i := from; i < min(from+chunk, rows); i++ {
			user := benchUser(i).User.ID
			data, err := k.Encrypt([]byte("\x01"+rightCode), seal.Bind("factor 1", "", user, "f1", "pin"))
			if err != nil {
				b.Fatal(err)
			}
			if i > from {
				accounts.WriteString(",")
				factors.WriteString(",")
			}
			fmt.Fprintf(&accounts, "('', $%d, $%d, 1, 1, 0, '')", len(a)+1, len(a)+2)
			a = append(a, user, []byte(user+" has a handle of 32 bytes"))
			fmt.Fprintf(&factors, "('', $%d, 'f1', 'pin', '', 'pin', '', $%d, 1, 0, 0, false, 1, 1)", len(f)+1, len(f)+2)
			f = append(f, user, data)
		}
		if _, err := db.Exec("INSERT INTO cofactor_account (tenant, user_id, handle, epoch, version, grace_until, default_factor) VALUES "+accounts.String(), a...); err != nil {
			b.Fatal(err)
		}
		if _, err := db.Exec("INSERT INTO cofactor_factor (tenant, user_id, id, kind, handle, label, hint, data, created, last_used, failures, disabled, epoch, version) VALUES "+factors.String(), f...); err != nil {
			b.Fatal(err)
		}
	}
	if _, err := db.Exec("VACUUM ANALYZE cofactor_factor"); err != nil {
		b.Fatal(err)
	}
}
