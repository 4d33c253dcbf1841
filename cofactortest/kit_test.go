package cofactortest_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cofactor-mfa/cofactor/cofactortest"
	"github.com/cofactor-mfa/cofactor/policy"
	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/provider/email"
	"github.com/cofactor-mfa/cofactor/registry"
)

// lock has a user's answers be wrong until the user is locked, and says for how long.
func lock(t *testing.T, kit *cofactortest.Kit, who registry.Who) time.Duration {
	t.Helper()
	login := start(t, kit, who)
	for {
		ch, err := kit.Registry.BeginLogin(t.Context(), registry.Begin{Who: who, Pending: login.Pending, Kind: "totp"})
		for err == nil {
			_, err = kit.Registry.FinishLogin(t.Context(), registry.Finish{Who: who, Pending: login.Pending, Challenge: ch.ID, Response: cofactortest.Typed("000000")})
			if errors.Is(err, registry.ErrRejected) {
				err = nil
			}
		}
		if e := new(registry.Error); errors.As(err, &e) && e.Code == registry.ErrLocked {
			return e.RetryAfter
		}
		if !errors.Is(err, registry.ErrChallengeGone) {
			t.Fatal(err)
		}
	}
}

func start(t *testing.T, kit *cofactortest.Kit, who registry.Who) registry.Login {
	t.Helper()
	login, err := kit.Registry.StartLogin(t.Context(), registry.Start{Who: who, Primary: []string{"pwd"}})
	if err != nil {
		t.Fatal(err)
	}
	return login
}

func signIn(t *testing.T, kit *cofactortest.Kit, who registry.Who, app *cofactortest.App) error {
	t.Helper()
	login := start(t, kit, who)
	ch, err := kit.Registry.BeginLogin(t.Context(), registry.Begin{Who: who, Pending: login.Pending, Kind: "totp"})
	if err != nil {
		return err
	}
	login, err = kit.Registry.FinishLogin(t.Context(), registry.Finish{Who: who, Pending: login.Pending, Challenge: ch.ID, Response: app.Answer()})
	if err == nil && !login.Satisfied {
		t.Error("the right code has not signed in, and says nothing of it")
	}
	return err
}

var bob = registry.Who{User: provider.User{ID: "u-12", Name: "bob"}, Binding: "of his session"}

var providersOfNoUse = []provider.MultiFactorProvider{nil}

func TestInABubbleALockEndsAfter15MinutesThatNobodyWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		kit := cofactortest.New(t, cofactortest.Config{})
		app := kit.AddApp(bob.User)
		if left := lock(t, kit, bob); left != 15*time.Minute {
			t.Errorf("locked for %v, want 15 minutes", left)
		}
		time.Sleep(15*time.Minute - time.Second)
		if err := signIn(t, kit, bob, app); !errors.Is(err, registry.ErrLocked) {
			t.Errorf("a second before its end the lock is none: %v", err)
		}
		time.Sleep(time.Second)
		if err := signIn(t, kit, bob, app); err != nil {
			t.Errorf("after 15 minutes the lock is still there: %v", err)
		}
	})
}

func TestWithoutABubbleTheClockIsMoved(t *testing.T) {
	t.Parallel()
	kit := cofactortest.New(t, cofactortest.Config{})
	kit.Clock.Set(time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC))
	app := kit.AddApp(bob.User)
	lock(t, kit, bob)
	kit.Clock.Advance(15*time.Minute - time.Second)
	if err := signIn(t, kit, bob, app); !errors.Is(err, registry.ErrLocked) {
		t.Errorf("a second before its end the lock is none: %v", err)
	}
	kit.Clock.Advance(time.Second)
	if err := signIn(t, kit, bob, app); err != nil {
		t.Errorf("after 15 minutes the lock is still there: %v", err)
	}
	if want := time.Date(2026, 11, 1, 12, 16, 0, 0, time.UTC); !kit.Clock.Now().Equal(want) {
		t.Errorf("the clock says %v, want %v: it does not stand still", kit.Clock.Now(), want)
	}
}

func TestAUserGetsEveryKindOfFactor(t *testing.T) {
	t.Parallel()
	kit := cofactortest.New(t, cofactortest.Config{})
	kit.AddApp(bob.User)
	kit.AddEmail(bob.User, "bob@example.test")
	kit.AddPhone(bob.User, "+447911123456")
	phone := kit.AddPasskey(bob.User)
	codes := kit.AddBackupCodes(bob.User)
	kinds := map[string]int{}
	list, err := kit.Registry.Factors(t.Context(), bob)
	for _, f := range list {
		kinds[f.Kind]++
	}
	if err != nil || len(kinds) != 5 || len(codes) != 10 || len(phone.Credentials()) != 1 {
		t.Errorf("the user has %v (%v), %d backup codes and %d passkeys", kinds, err, len(codes), len(phone.Credentials()))
	}
	if n := len(kit.Events.Of("finish_setup")); n != 5 {
		t.Errorf("%d events of finished set-ups, want 5", n)
	}
}

func TestTheKitTakesYourOwnConfiguration(t *testing.T) {
	t.Parallel()
	var outbox cofactortest.Outbox
	mail, err := email.New(email.Config{Sender: outbox.Email(), App: "Acme", From: "no-reply@acme.example", Digits: 8})
	if err != nil {
		t.Fatal(err)
	}
	var seen int
	kit := cofactortest.New(t, cofactortest.Config{
		Registry: registry.Config{
			Policy: policy.Optional(), Attempts: 3,
			Observe: func(context.Context, registry.Event) { seen++ },
		},
		Providers: []provider.MultiFactorProvider{mail}, Outbox: &outbox,
	})
	if login := start(t, kit, bob); !login.Satisfied {
		t.Error("the policy is not the one that was given")
	}
	kit.AddEmail(bob.User, "bob@example.test")
	if code := outbox.LastCode("bob@example.test"); len(code) != 8 {
		t.Errorf("the code %q is not from the provider that was given", code)
	}
	if kinds := kit.Registry.Kinds(); len(kinds) != 1 || seen == 0 || seen != len(kit.Events.All()) {
		t.Errorf("%d kinds, and of %d events the test's own observer saw %d", len(kinds), len(kit.Events.All()), seen)
	}
}

func TestNoNoticeOutlivesItsTest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var told atomic.Int32
		t.Cleanup(func() { // runs after those of the kit
			if told.Load() == 0 {
				t.Error("a notice is still on its way when the test is over")
			}
		})
		kit := cofactortest.New(t, cofactortest.Config{Registry: registry.Config{
			Notify: func(context.Context, registry.Notice) error {
				time.Sleep(5 * time.Second)
				told.Add(1)
				return nil
			},
		}})
		kit.AddApp(bob.User)
	})
}

func TestAnAppsCodesAreEachUsedOnce(t *testing.T) {
	t.Parallel()
	var clock cofactortest.Clock
	clock.Set(time.Unix(59, 0))
	// RFC 6238, appendix B: at 59 s the 8-digit code of this secret is 94287082.
	uri := "otpauth://totp/x?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&digits=8&period=30&algorithm=SHA1"
	app := cofactortest.NewApp(t, uri, clock.Now)
	first, second := app.Code(), app.Code()
	if first != "94287082" || second == first {
		t.Errorf("the app shows %s, and then %s", first, second)
	}
	clock.Advance(30 * time.Second)
	if third := app.Code(); third == second || third == first {
		t.Error("the app shows a code again")
	}
	clock.Advance(time.Hour)
	if at := cofactortest.NewApp(t, "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ", clock.Now).Code(); len(at) != 6 {
		t.Errorf("by its secret alone an app shows %q, want 6 digits", at)
	}
}

func TestEventsAreWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var events cofactortest.Events
		go func() {
			for range 3 {
				time.Sleep(3 * time.Second)
				events.Observe(t.Context(), registry.Event{Op: "notice"})
				events.Observe(t.Context(), registry.Event{Op: "rename"})
			}
		}()
		if got := events.Wait(t, "notice", 2); len(got) != 2 {
			t.Errorf("waited for 2, got %d", len(got))
		}
		if got := events.Wait(t, "notice", 3); len(got) != 3 || len(events.All()) < 5 {
			t.Errorf("waited for 3, got %d", len(got))
		}
	})
}
