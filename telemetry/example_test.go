package telemetry_test

import (
	"context"
	"fmt"

	"go.opentelemetry.io/otel/attribute"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/cofactor-mfa/cofactor/challenge"
	"github.com/cofactor-mfa/cofactor/factor"
	"github.com/cofactor-mfa/cofactor/keyset"
	"github.com/cofactor-mfa/cofactor/policy"
	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/provider/totp"
	"github.com/cofactor-mfa/cofactor/registry"
	"github.com/cofactor-mfa/cofactor/telemetry"
)

// A program with an SDK of its own; without Meters and Tracers the global ones are used.
func Example() {
	reader := sdkmetric.NewManualReader() // in production an exporter
	t, err := telemetry.New(telemetry.Config{Meters: sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader))})
	check(err)
	keys, err := keyset.Ephemeral()
	check(err)
	app, err := totp.New(totp.Config{Issuer: "Acme"})
	check(err)
	reg, err := registry.New(registry.Config{
		AEAD: keys, Policy: policy.Optional(),
		Challenges: t.Challenges(challenge.NewMemory()),
		Factors:    t.Factors(factor.NewMemory()),
		Trace:      t.Trace,
		Observe:    t.Observe,
	}, app)
	check(err)

	ctx := context.Background()
	_, err = reg.StartLogin(ctx, registry.Start{Who: registry.Who{User: provider.User{ID: "u-17"}, Binding: "of the session"}, Primary: []string{"pwd"}})
	check(err)

	var all metricdata.ResourceMetrics
	check(reader.Collect(ctx, &all))
	for _, m := range all.ScopeMetrics[0].Metrics {
		for _, p := range m.Data.(metricdata.Histogram[float64]).DataPoints {
			fmt.Println(m.Name, p.Count, p.Attributes.Encoded(attribute.DefaultEncoder()))
		}
	}
	// Unordered output:
	// cofactor.operation.duration 1 cofactor.operation=start_login,cofactor.result=ok
	// cofactor.factor_store.duration 2 cofactor.result=ok,cofactor.store.method=load
	// cofactor.factor_store.duration 1 cofactor.result=ok,cofactor.store.method=apply
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
