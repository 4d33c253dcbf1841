package sqlstore_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/cofactor-mfa/cofactor/factor"
	"github.com/cofactor-mfa/cofactor/factor/sqlstore"
)

// replica is what another process of this test binary is told to do, in its environment.
type replica struct {
	Driver, DSN string
	Dialect     sqlstore.Dialect
}

const (
	replicaVariable = "COFACTOR_TEST_REPLICA"
	rounds          = 12
	perProcess      = 4 // calls at once
	processes       = 2
)

// tally is how often each outcome was seen in a round.
type tally [rounds]map[string]int

// TestReplica is no test: it is the process that TestProcessesMeet starts.
func TestReplica(t *testing.T) {
	told := os.Getenv(replicaVariable)
	if told == "" {
		return
	}
	var r replica
	if err := json.Unmarshal([]byte(told), &r); err != nil {
		t.Fatal(err)
	}
	s := open(t, connect(t, r.Driver, r.DSN), r.Dialect)
	fmt.Println("ready")
	if _, err := fmt.Scanln(new(string)); err != nil { // they set off together
		t.Fatal(err)
	}
	if err := json.NewEncoder(os.Stdout).Encode(hammer(t, s)); err != nil {
		t.Fatal(err)
	}
}

// hammer logs in as everybody else does: in even rounds all spend one key, in odd rounds each has a key of its own and the row decides. One call in four
// has an event, and two are transactions.
func hammer(t *testing.T, s *sqlstore.Store) tally {
	var seen tally
	for round := range rounds {
		user := load(t, s, "", fmt.Sprint("user ", round))
		user.Factors[0].Version = 1 // as everybody read it
		seen[round] = map[string]int{}
		var mu sync.Mutex
		var wg sync.WaitGroup
		for i := range perProcess {
			c := login(user, round)
			if round%2 == 1 {
				c = login(user, 1000+os.Getpid()*1000+round*perProcess+i)
			}
			for range i { // of two or more, no login has so many
				c.Events = append(c.Events, factor.Event{Queue: "q", Body: []byte("event")})
			}
			wg.Go(func() {
				err := s.Apply(t.Context(), c)
				mu.Lock()
				defer mu.Unlock()
				seen[round][outcome(err)]++
			})
		}
		wg.Wait()
	}
	return seen
}

func outcome(err error) string {
	for _, known := range []error{factor.ErrSpent, factor.ErrConflict, factor.ErrExists, factor.ErrNotFound} {
		if errors.Is(err, known) {
			return known.Error()
		}
	}
	return fmt.Sprint(err)
}

func TestProcessesMeet(t *testing.T) { // attack
	t.Parallel()
	t.Run("PostgreSQL", func(t *testing.T) {
		t.Parallel()
		db := postgres(t)
		processesMeet(t, open(t, db, sqlstore.PostgreSQL), replica{"pgx", postgresURL(t, schemaOf(t, db), ""), sqlstore.PostgreSQL})
	})
	t.Run("SQLite", func(t *testing.T) {
		t.Parallel()
		dsn := sqlstore.SQLiteDSN(filepath.Join(t.TempDir(), "factors.db"))
		processesMeet(t, open(t, connect(t, "sqlite", dsn), sqlstore.SQLite), replica{"sqlite", dsn, sqlstore.SQLite})
	})
}

func processesMeet(t *testing.T, s *sqlstore.Store, r replica) {
	t.Helper()
	for round := range rounds {
		enrol(t, s, "", fmt.Sprint("user ", round))
	}
	told, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	total := tally{}
	var mu sync.Mutex
	var ready, done sync.WaitGroup
	start := make(chan struct{})
	for range processes {
		ready.Add(1)
		done.Go(func() {
			seen, err := process(t, string(told), &ready, start)
			if err != nil {
				t.Error(err)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			for round := range rounds {
				if total[round] == nil {
					total[round] = map[string]int{}
				}
				for name, n := range seen[round] {
					total[round][name] += n
				}
			}
		})
	}
	ready.Wait()
	close(start)
	done.Wait()
	for round, got := range total {
		want := map[string]int{"<nil>": 1, factor.ErrSpent.Error(): processes*perProcess - 1}
		if round%2 == 1 {
			want = map[string]int{"<nil>": 1, factor.ErrConflict.Error(): processes*perProcess - 1}
		}
		if !maps.Equal(got, want) {
			t.Errorf("round %d: %v, want %v", round, got, want)
		}
		if v := load(t, s, "", fmt.Sprint("user ", round)).Factors[0].Version; v != 2 {
			t.Errorf("round %d: the factor was written %d times", round, v-1)
		}
	}
}

// process runs TestReplica in another process, from when all are ready.
func process(t *testing.T, told string, ready *sync.WaitGroup, start chan struct{}) (seen tally, err error) {
	var once sync.Once
	defer once.Do(ready.Done)
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestReplica$")
	cmd.Env = append(os.Environ(), replicaVariable+"="+told)
	var faults bytes.Buffer
	cmd.Stderr = &faults
	in, err := cmd.StdinPipe()
	if err != nil {
		return seen, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return seen, err
	}
	if err := cmd.Start(); err != nil {
		return seen, err
	}
	var line string
	if _, err := fmt.Fscanln(out, &line); err != nil || line != "ready" {
		return seen, fmt.Errorf("the other process said %q: %w\n%s", line, err, &faults)
	}
	once.Do(ready.Done)
	<-start
	if _, err := fmt.Fprintln(in, "go"); err != nil {
		return seen, err
	}
	if err := json.NewDecoder(out).Decode(&seen); err != nil {
		return seen, fmt.Errorf("the other process: %w\n%s", err, &faults)
	}
	return seen, cmd.Wait()
}
