package faults_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/cofactor-mfa/cofactor/internal/testenv"
	"github.com/cofactor-mfa/cofactor/keyset"
	"github.com/cofactor-mfa/cofactor/provider/backup"
	"github.com/cofactor-mfa/cofactor/provider/totp"
	"github.com/cofactor-mfa/cofactor/registry"
)

// tool runs one of PostgreSQL's own programs.
func tool(t testing.TB, name string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), filepath.Join(pgBinaries(t), name), args...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
}

// A backup of the tables and of the keys is all that it takes. What happened after it has not happened: the page about backups says what that means, and this is what it says.
func TestARestoredDatabaseIsWhatItWas(t *testing.T) {
	t.Parallel()
	server := testenv.Postgres(t)
	live := newDatabase(t, server, addrOf(t, server))
	folder := t.TempDir()
	memory := openRedis(t, startRedis(t).addr)
	keys, secret := newKeys(t)
	s := shopOn(t, 10, keys, stores{memory, live.open(t)})
	app, codes := s.enrol()
	paper := json.RawMessage(fmt.Sprintf(`{"code":%q}`, codes[4]))
	before := s.must(s.login(totp.Kind)(typed(s.phoneCode(app))))
	s.clock.step(time.Minute)

	dump, vault := filepath.Join(folder, "cofactor.dump"), filepath.Join(folder, "keyset")
	tool(t, "pg_dump", "--format=custom", "--table=cofactor_*", "--file="+dump, live.dsn)
	if err := os.WriteFile(vault, secret, 0o600); err != nil {
		t.Fatal(err)
	}

	// What the backup does not know.
	code := s.phoneCode(app)
	s.must(s.login(totp.Kind)(typed(code)))
	s.must(s.login(backup.Kind)(paper))
	if err := s.InvalidateUser(t.Context(), tenant, s.who.User.ID); err != nil {
		t.Fatal(err)
	}
	after := s.must(s.login(backup.Kind)(json.RawMessage(fmt.Sprintf(`{"code":%q}`, codes[5]))))
	bob := *s
	bob.who.User.ID, bob.who.Binding = "bob", "bob's session"
	bob.enrol()

	empty := newDatabase(t, server, addrOf(t, server)) // as a disaster leaves it
	tool(t, "pg_restore", "--exit-on-error", "--dbname="+empty.dsn, dump)
	text, err := os.ReadFile(vault)
	if err != nil {
		t.Fatal(err)
	}
	again, err := keyset.New(keyset.Config{Keyset: text})
	if err != nil {
		t.Fatal(err)
	}
	r := shopOn(t, 10, again, stores{memory, empty.open(t)})
	r.clock.ms.Store(s.clock.ms.Load())

	// The rows open, and nothing but the keys opens them.
	r.clock.step(-time.Minute)
	r.must(r.login(totp.Kind)(typed(code))) // which was used after the backup: within its minute it works once more
	r.must(r.login(backup.Kind)(paper))     // and so does a backup code, whenever
	r.clock.step(5 * time.Minute)
	l, err := r.login(totp.Kind)(typed(code))
	r.refused("a code of before, after its minute", l, err, registry.ErrRejected)
	r.must(r.login(totp.Kind)(typed(r.phoneCode(app))))
	others, _ := newKeys(t)
	wrong := shopOn(t, 10, others, stores{memory, empty.open(t)})
	wrong.clock.ms.Store(r.clock.ms.Load())
	in, err := wrong.StartLogin(t.Context(), registry.Start{Who: wrong.who, Primary: []string{"pwd"}})
	if err == nil && in.Satisfied {
		t.Error("without the keys nobody is asked for a second factor; a lost key is never no factor")
	}
	if _, err = wrong.BeginLogin(t.Context(), registry.Begin{Who: wrong.who, Pending: in.Pending, Kind: totp.Kind}); !errors.Is(err, registry.ErrUnavailable) {
		t.Errorf("without the keys: %v", err)
	}

	// A proof that was ended after the backup is alive again, until the epochs are moved; one of after the backup is of no epoch that there is.
	need := registry.Need{Who: r.who, MaxAge: time.Hour}
	if err := r.Check(t.Context(), before.Proof, need); err != nil {
		t.Errorf("what a backup does not know was not ended: %v", err)
	}
	if err := r.Check(t.Context(), after.Proof, need); !errors.Is(err, registry.ErrStepUpRequired) {
		t.Errorf("a proof of after the backup: %v", err)
	}
	if n := r.endsEverything(); n != 1 {
		t.Errorf("%d accounts were there; bob came after the backup", n)
	}
	for what, proof := range map[string]string{"before": before.Proof, "after": after.Proof} {
		if err := r.Check(t.Context(), proof, need); !errors.Is(err, registry.ErrStepUpRequired) {
			t.Errorf("a proof of %s the backup, when the epochs have moved: %v", what, err)
		}
	}
	r.clock.step(time.Minute)
	r.must(r.login(totp.Kind)(typed(r.phoneCode(app))))

	// Whoever came after the backup is nobody, as far as the database knows: it is the application that has to know better.
	bob.Registry = r.Registry
	if l, err := bob.StartLogin(t.Context(), registry.Start{Who: bob.who, Primary: []string{"pwd"}}); err != nil || len(l.Choices) != 0 {
		t.Errorf("bob has %v, %v", l.Choices, err)
	}
}

// endsEverything is the step after a restore: whatever was issued before is dead.
func (s *shop) endsEverything() (accounts int) {
	s.t.Helper()
	search := registry.Search{Actor: "operator", Reason: "restored from a backup"}
	for more := true; more; more = search.After != "" {
		page, err := s.Admin().Search(s.t.Context(), search)
		if err != nil {
			s.t.Fatal(err)
		}
		for _, a := range page.Accounts {
			if err := s.InvalidateUser(s.t.Context(), a.Tenant, a.User); err != nil {
				s.t.Fatal(err)
			}
			accounts++
		}
		search.After = page.Next
	}
	return accounts
}
