package telemetry_test

import (
	"slices"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/cofactor-mfa/cofactor/cofactortest"
	"github.com/cofactor-mfa/cofactor/provider/totp"
	"github.com/cofactor-mfa/cofactor/registry"
)

// named is the newest ended span of a name.
func (w *world) named(name string) sdktrace.ReadOnlySpan {
	w.t.Helper()
	all := w.spans.Ended()
	for _, s := range slices.Backward(all) {
		if s.Name() == name {
			return s
		}
	}
	w.t.Fatalf("no span %s", name)
	return nil
}

func has(s sdktrace.ReadOnlySpan, key, value string) bool {
	return slices.Contains(s.Attributes(), attribute.String(key, value))
}

// A call is a span, and what it asks of the provider and of the stores lies below it.
func TestStepsLieBelowTheirCall(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.who("alice")
	app := w.AddApp(who.User)
	w.Clock.Advance(time.Hour)
	w.signsIn(who, totp.Kind, app.Answer)

	for inner, outer := range map[string]string{
		"cofactor.challenge_store.create": "cofactor.begin_login",
		"cofactor.login_verify":           "cofactor.finish_login",
		"cofactor.challenge_store.redeem": "cofactor.finish_login",
		"cofactor.login_hook":             "cofactor.resume", // the last one who shows it
	} {
		in := w.named(inner)
		i := slices.IndexFunc(w.spans.Ended(), func(s sdktrace.ReadOnlySpan) bool { return s.SpanContext().SpanID() == in.Parent().SpanID() })
		if i < 0 || w.spans.Ended()[i].Name() != outer {
			t.Errorf("%s does not lie below %s", inner, outer)
		}
	}
	verify := w.named("cofactor.login_verify")
	if !has(verify, "cofactor.kind", totp.Kind) || !has(verify, "cofactor.result", "ok") {
		t.Errorf("a verdict has %v", verify.Attributes())
	}
}

// A wrong answer is nobody's fault, and a store that fails is an operator's.
func TestWhatIsAnError(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.who("alice")
	app := w.AddApp(who.User)
	w.Clock.Advance(time.Hour)
	l := w.starts(who)
	ch := w.begins(who, l, totp.Kind)
	f := registry.Finish{Who: who, Pending: l.Pending, Challenge: ch.ID, Response: cofactortest.Typed("000000")}
	_, _ = w.Registry.FinishLogin(t.Context(), f)
	wrong := w.named("cofactor.finish_login")
	if wrong.Status().Code == codes.Error || !has(wrong, "cofactor.result", "rejected") || !has(wrong, "cofactor.reason", "wrong answer") {
		t.Errorf("a wrong answer: %v, %v", wrong.Status(), wrong.Attributes())
	}
	f.Response = app.Answer()
	if _, err := w.Registry.FinishLogin(t.Context(), f); err != nil {
		t.Fatal(err)
	}
	if right := w.named("cofactor.finish_login"); right.Status().Code == codes.Error || has(right, "cofactor.reason", "") {
		t.Errorf("a right answer: %v, %v", right.Status(), right.Attributes())
	}

	*w.stores.on = true
	_, _ = w.Registry.BeginLogin(t.Context(), registry.Begin{Who: who, Pending: l.Pending, Kind: totp.Kind})
	for _, name := range []string{"cofactor.challenge_store.create", "cofactor.begin_login"} {
		s := w.named(name)
		if s.Status().Code != codes.Error || s.Status().Description != "" {
			t.Errorf("%s, with a store that fails: %v", name, s.Status())
		}
	}
}
