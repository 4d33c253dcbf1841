// Package telemetry measures a registry and its stores with OpenTelemetry: how long sign-ins take and where, how they end, who is guessed at.
//
// It knows OpenTelemetry's API and no exporter: without an SDK in the program it measures nothing and costs next to nothing.
//
//	t, err := telemetry.New(telemetry.Config{})
//	reg, err := registry.New(registry.Config{
//		Challenges: t.Challenges(challenges),
//		Factors:    t.Factors(factors),
//		Trace:      t.Trace,
//		Observe:    t.Observe,
//		...
//	})
//
// # Personal data
//
// No metric and no span has a user, a tenant, an address, a factor or anything else that leads to a person, and none has a word that a client has chosen: all values are
// of lists that are fixed when the program starts. docs/reference/metrics.md has them.
package telemetry

import (
	"context"
	"errors"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"

	"github.com/cofactor-mfa/cofactor/registry"
)

// Scope is the name of the instrumentation.
const Scope = "github.com/cofactor-mfa/cofactor/telemetry"

// The keys of attributes.
const (
	keyOperation = attribute.Key("cofactor.operation")
	keyStep      = attribute.Key("cofactor.step")
	keyMethod    = attribute.Key("cofactor.store.method")
	keyKind      = attribute.Key("cofactor.kind")
	keyResult    = attribute.Key("cofactor.result")
	keyReason    = attribute.Key("cofactor.reason")
	keySignal    = attribute.Key("cofactor.signal")
)

// Config is what a Telemetry is made from. Zero values are the defaults.
type Config struct {
	Meters  metric.MeterProvider // the global one by default
	Tracers trace.TracerProvider // the global one by default
	// Now is the clock that durations are measured by. The default is the system's.
	Now func() time.Time
}

// Telemetry measures. It is safe for concurrent use, by any number of registries.
type Telemetry struct {
	tracer trace.Tracer
	now    func() time.Time

	operations, steps, challenges, factors metric.Float64Histogram
	refusals, signals, incidents           metric.Int64Counter
}

// bounds of the histograms, in seconds: from a store in the same room to a mail server that takes its time.
var bounds = metric.WithExplicitBucketBoundaries(0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)

// New makes the instruments.
func New(cfg Config) (*Telemetry, error) {
	if cfg.Meters == nil {
		cfg.Meters = otel.GetMeterProvider()
	}
	if cfg.Tracers == nil {
		cfg.Tracers = otel.GetTracerProvider()
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	m := cfg.Meters.Meter(Scope)
	t := &Telemetry{tracer: cfg.Tracers.Tracer(Scope), now: cfg.Now}
	var faults []error
	histogram := func(name, what string) metric.Float64Histogram {
		h, err := m.Float64Histogram(name, metric.WithUnit("s"), metric.WithDescription(what), bounds)
		faults = append(faults, err)
		return h
	}
	counter := func(name, unit, what string) metric.Int64Counter {
		c, err := m.Int64Counter(name, metric.WithUnit(unit), metric.WithDescription(what))
		faults = append(faults, err)
		return c
	}
	t.operations = histogram("cofactor.operation.duration", "Calls of a registry.")
	t.steps = histogram("cofactor.step.duration", "What providers are asked within calls: prompts, verdicts, messages.")
	t.challenges = histogram("cofactor.challenge_store.duration", "Calls of the challenge store, each one round trip.")
	t.factors = histogram("cofactor.factor_store.duration", "Calls of the factor store.")
	t.refusals = counter("cofactor.refusals", "{call}", "Calls of a registry that did not succeed, and why.")
	t.signals = counter("cofactor.signals", "{signal}", "Signs of an attack: locks, guessing, copies.")
	t.incidents = counter("cofactor.incidents", "{incident}", "What went wrong beside a call: notices that did not arrive, charges that were kept.")
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	return t, nil
}

// Trace is registry.Config.Trace. A call is a span; what is asked of providers and stores within it are spans below.
func (t *Telemetry) Trace(ctx context.Context, op string) (context.Context, func(registry.Event)) {
	key, durations := keyOperation, t.operations
	if steps[op] {
		key, durations = keyStep, t.steps
	}
	ctx, end := t.begin(ctx, op, durations, key.String(op))
	return ctx, func(e registry.Event) {
		attrs := []attribute.KeyValue{keyResult.String(e.Result)}
		if e.Kind != "" {
			attrs = append(attrs, keyKind.String(e.Kind))
		}
		if e.Result == "ok" || key == keyStep {
			end(mends(e.Result), attrs...)
			return
		}
		reason := keyReason.String(reasonOf(e.Reason))
		t.refusals.Add(ctx, 1, metric.WithAttributes(append(attrs, keyOperation.String(op), reason)...))
		trace.SpanFromContext(ctx).SetAttributes(reason)
		end(mends(e.Result), attrs...)
	}
}

// Observe is registry.Config.Observe, or a part of it: a program that also writes a log calls both. It counts what Trace does not see, which is what happens beside
// the end of a call.
func (t *Telemetry) Observe(ctx context.Context, e registry.Event) {
	if e.Signal != "" && signals[e.Signal] {
		t.signals.Add(ctx, 1, metric.WithAttributes(keySignal.String(e.Signal)))
	}
	if incidents[e.Result] {
		t.incidents.Add(ctx, 1, metric.WithAttributes(keyResult.String(e.Result)))
	}
}

// outcome says whether an operator has something to mend.
type outcome codes.Code

// begin begins a span, and returns what ends it: the duration is recorded with the attributes of both, once.
func (t *Telemetry) begin(ctx context.Context, name string, durations metric.Float64Histogram, what attribute.KeyValue) (context.Context, func(outcome, ...attribute.KeyValue)) {
	began := t.now()
	ctx, span := t.tracer.Start(ctx, "cofactor."+name, trace.WithAttributes(what))
	return ctx, func(is outcome, attrs ...attribute.KeyValue) {
		durations.Record(ctx, t.now().Sub(began).Seconds(), metric.WithAttributes(append(attrs, what)...))
		span.SetAttributes(attrs...)
		if is == outcome(codes.Error) {
			span.SetStatus(codes.Error, "") // a text could quote somebody
		}
		span.End()
	}
}
