package cofactortest

import (
	"encoding/json"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/totp"
)

// App is an authenticator app on somebody's phone, with one account in it. It is safe for concurrent use.
type App struct {
	t   testing.TB
	key *otp.Key
	now func() time.Time

	mu   sync.Mutex
	last int64 // the newest time step whose code was read off
}

// NewApp returns an app that has taken what a set-up shows: the "otpauth://" address, or the secret alone for an app of the usual kind (SHA-1, 6 digits,
// 30 seconds). Its clock is now: Clock.Now of the registry's, or time.Now.
func NewApp(t testing.TB, shown string, now func() time.Time) *App {
	t.Helper()
	if !strings.HasPrefix(shown, "otpauth://") {
		shown = "otpauth://totp/account?" + url.Values{"secret": {strings.ReplaceAll(shown, " ", "")}}.Encode()
	}
	key, err := otp.NewKeyFromURL(shown)
	if err != nil || key.Type() != "totp" || key.Period() == 0 {
		t.Fatalf("NewApp: this is neither the address nor the secret of a set-up (%v)", err)
	}
	return &App{t: t, key: key, now: now}
}

// Code is the app's newest code that nobody has read off yet. A server takes each code once, and one that is a period early: the second code within a period is
// therefore the next period's. For a third the app would have to wait, and the test fails: it has to move its clock on by a period first.
func (a *App) Code() string {
	a.t.Helper()
	a.mu.Lock()
	defer a.mu.Unlock()
	period := int64(a.key.Period())
	at := a.now().Unix() / period
	step := max(at, a.last+1)
	if step > at+1 {
		a.t.Fatalf("the app has shown both codes that a server would take now; move the clock on by %d seconds for another", period)
	}
	code, err := totp.GenerateCodeCustom(a.key.Secret(), time.Unix(step*period, 0), totp.ValidateOpts{
		Period: uint(period), Digits: a.key.Digits(), Algorithm: a.key.Algorithm(),
	})
	if err != nil {
		a.t.Fatalf("the app cannot make a code of its secret: %v", err)
	}
	a.last = step
	return code
}

// Answer is Typed with the next Code.
func (a *App) Answer() json.RawMessage {
	a.t.Helper()
	return Typed(a.Code())
}

// Typed is the response of somebody who has typed a code.
func Typed(code string) json.RawMessage {
	out, err := json.Marshal(map[string]string{"code": code})
	if err != nil {
		panic(err) // strings can always be encoded
	}
	return out
}
