package faults_test

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/cofactor-mfa/cofactor/challenge"
	"github.com/cofactor-mfa/cofactor/challenge/redisstore"
	"github.com/cofactor-mfa/cofactor/factor"
	"github.com/cofactor-mfa/cofactor/factor/sqlstore"
	"github.com/cofactor-mfa/cofactor/keyset"
	"github.com/cofactor-mfa/cofactor/policy"
	"github.com/cofactor-mfa/cofactor/provider/backup"
	"github.com/cofactor-mfa/cofactor/registry"
)

// errand is one call that a program makes before it dies: the test binary, started once more.
type errand struct {
	Keyset      []byte
	Redis       string
	Driver, DSN string
	Dialect     sqlstore.Dialect
	Now         int64
	Finish      *registry.Finish // of a set-up; or
	Remove      *registry.Manage
	Die         int64 // before its n-th step: a call of a store, or a statement of the database
}

const errandVariable = "COFACTOR_FAULTS_ERRAND"

func TestMain(m *testing.M) {
	file := os.Getenv(errandVariable)
	if file == "" {
		goleak.VerifyTestMain(m) // whatever broke, no call has left a goroutine behind
	}
	if err := runErrand(file); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func runErrand(file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var e errand
	if err := json.Unmarshal(text, &e); err != nil {
		return err
	}
	end := &end{}
	r, err := e.registry(end)
	if err != nil {
		return err
	}
	end.at.Store(e.Die)
	ctx := context.Background()
	if e.Remove != nil {
		_, err = r.Remove(ctx, *e.Remove)
	} else {
		_, err = r.FinishSetup(ctx, *e.Finish)
	}
	return err
}

func (e errand) registry(end *end) (*registry.Registry, error) {
	keys, err := keyset.New(keyset.Config{Keyset: e.Keyset})
	if err != nil {
		return nil, err
	}
	db, err := sql.Open(e.Driver, e.DSN)
	if err != nil {
		return nil, err
	}
	db, err = end.watch(db, e.DSN)
	if err != nil {
		return nil, err
	}
	rows, err := sqlstore.New(context.Background(), sqlstore.Config{DB: db, Dialect: e.Dialect})
	if err != nil {
		return nil, err
	}
	memory, err := redisstore.New(redisstore.Config{Client: redisClient(e.Redis)})
	if err != nil {
		return nil, err
	}
	codes, err := backup.New(backup.Config{})
	if err != nil {
		return nil, err
	}
	return registry.New(registry.Config{
		AEAD: keys, Policy: policy.Optional(), Pepper: bytes.Repeat([]byte{7}, 32), FinishTimeout: finishTimeout,
		Now:        func() time.Time { return time.UnixMilli(e.Now) },
		Challenges: mortalChallenges{memory, end}, Factors: mortalFactors{rows, end},
	}, &app{}, newPost(), codes)
}

// end is when the program dies. It lives as long as at is 0.
type end struct{ at, steps atomic.Int64 }

// step is called before everything that a killed program might have done or not.
func (e *end) step() {
	if at := e.at.Load(); at > 0 && e.steps.Add(1) == at {
		killSelf()
	}
}

// mortalChallenges steps before each call of a set-up and a removal, and after the last.
type mortalChallenges struct {
	challenge.Store
	end *end
}

func (s mortalChallenges) Attempt(ctx context.Context, now time.Time, k challenge.Key, try string) (challenge.Record, error) {
	s.end.step()
	return s.Store.Attempt(ctx, now, k, try)
}

func (s mortalChallenges) Redeem(ctx context.Context, now time.Time, k challenge.Key, try string, refill ...string) error {
	s.end.step()
	err := s.Store.Redeem(ctx, now, k, try, refill...)
	s.end.step()
	return err
}

type mortalFactors struct {
	factor.Store
	end *end
}

func (s mortalFactors) Load(ctx context.Context, tenant, user string) (factor.Snapshot, error) {
	s.end.step()
	return s.Store.Load(ctx, tenant, user)
}

func (s mortalFactors) Apply(ctx context.Context, c factor.Change) error {
	s.end.step()
	err := s.Store.Apply(ctx, c)
	s.end.step()
	return err
}
