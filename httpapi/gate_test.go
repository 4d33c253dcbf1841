package httpapi_test

import (
	"testing"

	"github.com/cofactor-mfa/cofactor/cofactortest"
)

func TestAPendingSessionPassesNoGate(t *testing.T) {
	s := newSite(t, cofactortest.Config{})
	app := s.kit.AddApp(alice)
	b := s.browser()
	if got := read(b.JSON("GET", "/home", nil).Want(401)); got.Code != "login_required" {
		t.Errorf("nobody has signed in, and the gate says %+v", got)
	}
	d := read(b.JSON("POST", "/password?begin", nil).Want(200))
	if d.State != "pending" || d.Challenge == nil || len(d.Choices) != 1 {
		t.Fatalf("after a password the state is %+v", d)
	}
	for _, path := range []string{"/home", "/fresh"} {
		if got := read(b.JSON("GET", path, nil).Want(401)); got.Code != "step_up_required" || got.State != "pending" {
			t.Errorf("%s: a first factor alone gets %+v", path, got)
		}
	}
	_ = app
}
