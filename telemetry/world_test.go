package telemetry_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/cofactor-mfa/cofactor/audit"
	"github.com/cofactor-mfa/cofactor/challenge"
	"github.com/cofactor-mfa/cofactor/cofactortest"
	"github.com/cofactor-mfa/cofactor/factor"
	"github.com/cofactor-mfa/cofactor/policy"
	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/registry"
	"github.com/cofactor-mfa/cofactor/telemetry"
)

// marker is in everything that leads to a person here, and in nothing else.
const marker = "zq7x"

// world is a program whose registry is measured, and the collector that it sends to.
type world struct {
	*cofactortest.Kit
	t      *testing.T
	spans  *tracetest.SpanRecorder
	reader *sdkmetric.ManualReader
	log    *lines
	stores failing
	know   map[string]string // whatever must not be told, and what it is
	strict policy.Policy
}

// lines is a log in memory.
type lines struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *lines) text() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// failing fails when it is told to, as a server does: with an error that says where.
type failing struct {
	challenge.Store
	on *bool
}

func (s failing) Create(ctx context.Context, now time.Time, k challenge.Key, r challenge.Record, take ...challenge.Spend) (challenge.Record, error) {
	if *s.on {
		return r, errors.New("dial tcp 10.0.0.7:6379: no route to host")
	}
	return s.Store.Create(ctx, now, k, r, take...)
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, spans: tracetest.NewSpanRecorder(), reader: sdkmetric.NewManualReader(), log: &lines{}, know: map[string]string{}, strict: policy.Required()}
	m, err := telemetry.New(telemetry.Config{
		Meters:  sdkmetric.NewMeterProvider(sdkmetric.WithReader(w.reader)),
		Tracers: sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(w.spans)),
	})
	if err != nil {
		t.Fatal(err)
	}
	log, err := audit.NewLog(slog.New(slog.NewJSONHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug})))
	if err != nil {
		t.Fatal(err)
	}
	w.stores = failing{challenge.NewMemory(), new(bool)}
	w.Kit = cofactortest.New(t, cofactortest.Config{Registry: registry.Config{
		Challenges: m.Challenges(w.stores), Factors: m.Factors(factor.NewMemory()), Policy: policy.Optional(), Trace: m.Trace,
		Observe: func(ctx context.Context, e registry.Event) {
			m.Observe(ctx, e)
			log.Observe(ctx, e)
		},
		Notify: func(_ context.Context, n registry.Notice) error { return errors.New("no mail for " + n.User) },
	}})
	return w
}

// who is somebody all of whose names have the marker.
func (w *world) who(name string) registry.Who {
	return registry.Who{
		User: provider.User{
			Tenant: "tenant-" + marker, ID: name + "-" + marker, Name: name + "@" + marker + ".example", DisplayName: name + " " + marker, Locale: "en",
		},
		Binding: "session of " + name + " " + marker, Client: registry.Client{Address: "2001:db8::" + fmt.Sprint(len(name)), Agent: "Browser/" + marker},
	}
}

// secret notes what must be in nothing that is exported, and returns it.
func (w *world) secret(what, s string) string {
	if s != "" {
		w.know[s] = what
	}
	return s
}

func (w *world) metrics() metricdata.ScopeMetrics {
	w.t.Helper()
	var all metricdata.ResourceMetrics
	if err := w.reader.Collect(context.Background(), &all); err != nil {
		w.t.Fatal(err)
	}
	if len(all.ScopeMetrics) != 1 || all.ScopeMetrics[0].Scope.Name != telemetry.Scope {
		w.t.Fatalf("%d scopes", len(all.ScopeMetrics))
	}
	return all.ScopeMetrics[0]
}

// exported is all that a collector gets, as text.
func (w *world) exported() string {
	w.t.Helper()
	metrics, err := json.Marshal(w.metrics())
	if err != nil {
		w.t.Fatal(err)
	}
	spans, err := json.Marshal(tracetest.SpanStubsFromReadOnlySpans(w.spans.Ended()))
	if err != nil {
		w.t.Fatal(err)
	}
	return string(metrics) + "\n" + string(spans)
}
