package registry_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/cofactor-mfa/cofactor/challenge"
	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/registry"
)

type mark struct{}

// noticing is a challenge store that notes whether it was called within a trace.
type noticing struct {
	challenge.Store
	inside *[]any
}

func (s noticing) Spend(ctx context.Context, now time.Time, key, try string, take ...challenge.Spend) error {
	*s.inside = append(*s.inside, ctx.Value(mark{}))
	return s.Store.Spend(ctx, now, key, try, take...)
}

func (s noticing) Attempt(ctx context.Context, now time.Time, k challenge.Key, try string) (challenge.Record, error) {
	*s.inside = append(*s.inside, ctx.Value(mark{}))
	return s.Store.Attempt(ctx, now, k, try)
}

// What a tracer puts into the context is there in every step of the call, and it learns once how the call ended, also where no event tells.
func TestATraceHasTheWholeCall(t *testing.T) {
	t.Parallel()
	w := everyKind(t)
	var inside []any
	w.challenges = noticing{w.challenges, &inside}
	var ended []string
	r := w.registry(func(c *registry.Config) {
		c.Trace = func(ctx context.Context, op string) (context.Context, func(registry.Event)) {
			return context.WithValue(ctx, mark{}, op), func(e registry.Event) { ended = append(ended, e.Op+" "+e.Kind+" "+e.Result) }
		}
	})
	enrolled(t, r, alice(), "pin")
	ended, inside = nil, nil

	l, ch := begin(t, r, alice())
	_, _ = answer(t, r, alice(), l, ch, no)
	_, _ = r.Look(t.Context(), registry.Peek{Who: alice(), Pending: l.Pending})
	_, _ = r.BeginSetup(t.Context(), registry.Enrol{Who: alice(), Pending: l.Pending, Kind: "<script>"})
	want := []string{
		"start_login  ok", "login_hook pin ok", "begin_login pin ok", "login_verify pin rejected", "finish_login pin rejected", "look  ok", "begin_setup  unknown_kind",
	}
	if !slices.Equal(ended, want) {
		t.Errorf("a trace says %q; want %q", ended, want)
	}
	if len(inside) == 0 || slices.ContainsFunc(inside, func(v any) bool { return v != "finish_login" }) {
		t.Errorf("steps of a finish were taken within %v", inside)
	}
}

// A tracer that panics, at the beginning or at the end, or that returns nothing, changes nothing.
func TestATracerThatPanicsChangesNothing(t *testing.T) {
	t.Parallel()
	for name, trace := range map[string]func(context.Context, string) (context.Context, func(registry.Event)){
		"at the beginning": func(context.Context, string) (context.Context, func(registry.Event)) { panic("tracer") },
		"at the end": func(ctx context.Context, _ string) (context.Context, func(registry.Event)) {
			return ctx, func(registry.Event) { panic("tracer") }
		},
		"with nothing": func(context.Context, string) (context.Context, func(registry.Event)) { return nil, nil },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := everyKind(t)
			r := w.registry(func(c *registry.Config) { c.Trace = trace })
			enrolled(t, r, alice(), "pin")
			signIn(t, r, alice())
			l, ch := begin(t, r, alice())
			if _, err := answer(t, r, alice(), l, ch, no); !errors.Is(err, registry.ErrRejected) {
				t.Errorf("a wrong answer: %v", err)
			}
		})
	}
}

// A call that panics has not ended well, and its trace says so.
func TestATraceOfAPanicIsNoSuccess(t *testing.T) {
	t.Parallel()
	w := everyKind(t)
	result := ""
	r := w.registry(func(c *registry.Config) {
		c.Trace = func(ctx context.Context, _ string) (context.Context, func(registry.Event)) {
			return ctx, func(e registry.Event) { result = e.Result }
		}
	})
	func() {
		defer func() { _ = recover() }()
		_, _ = r.Factors(nil, registry.Who{User: provider.User{ID: "alice"}, Binding: "b"}) //nolint:staticcheck // what a program's mistake does
	}()
	if result != string(registry.ErrInternal) {
		t.Errorf("a call that panicked ended as %q", result)
	}
}
