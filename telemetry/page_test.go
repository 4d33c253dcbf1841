package telemetry_test

import (
	"regexp"
	"slices"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

var quoted = regexp.MustCompile("`([^`]+)`")

func names(cell string) (list []string) {
	for _, m := range quoted.FindAllStringSubmatch(cell, -1) {
		list = append(list, m[1])
	}
	return list
}

// The page has every metric with its kind, unit and attributes, and every value of attributes whose values it lists; and no metric that there is not.
func TestMetricsPage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.everything()
	page := read(t, "../docs/reference/metrics.md")
	rows := regexp.MustCompile("(?m)^\\| `(cofactor\\.[a-z_.]+)` \\| ([a-z]+), `([^`]+)` \\| ([^|]+) \\|").FindAllStringSubmatch(page, -1)
	values := map[string]string{}
	for _, m := range regexp.MustCompile("(?m)^\\| `(cofactor\\.[a-z_.]+)` \\| ([^|]+) \\|$").FindAllStringSubmatch(page, -1) {
		values[m[1]] = m[2]
	}
	var told []string
	for _, m := range w.metrics().Metrics {
		told = append(told, m.Name)
		i := slices.IndexFunc(rows, func(r []string) bool { return r[1] == m.Name })
		if i < 0 {
			t.Errorf("%s is not on the page", m.Name)
			continue
		}
		kind, sets := points(t, m)
		if rows[i][2] != kind || rows[i][3] != m.Unit || m.Description == "" {
			t.Errorf("%s is a %s of %s, and the page says %s of %s", m.Name, kind, m.Unit, rows[i][2], rows[i][3])
		}
		keys := map[string]bool{}
		for _, set := range sets {
			for _, kv := range set.ToSlice() {
				keys[string(kv.Key)] = true
				listed(t, values, kv)
			}
		}
		for _, key := range names(rows[i][4]) {
			if !keys[key] {
				t.Errorf("%s has no %s, and the page says it has", m.Name, key)
			}
			delete(keys, key)
		}
		for key := range keys {
			t.Errorf("%s has %s, and the page does not say so", m.Name, key)
		}
	}
	for _, r := range rows {
		if !slices.Contains(told, r[1]) {
			t.Errorf("the page has %s, which is not exported", r[1])
		}
	}
}

// listed looks for a value in the page's row of its attribute.
func listed(t *testing.T, values map[string]string, kv attribute.KeyValue) {
	t.Helper()
	key, value := string(kv.Key), kv.Value.AsString()
	switch key {
	case "cofactor.kind", "cofactor.reason":
		return
	case "cofactor.operation", "cofactor.result": // also on pages of their own
		for _, page := range []string{"events.md", "errors.md"} {
			if regexp.MustCompile(`(?m)^(## cofactor: |\| .)` + value + `\b`).MatchString(read(t, "../docs/reference/"+page)) {
				return
			}
		}
	}
	if !slices.Contains(names(values[key]), value) {
		t.Errorf("%s may be %q, and the page does not say so", key, value)
	}
}

func points(t *testing.T, m metricdata.Metrics) (kind string, sets []attribute.Set) {
	t.Helper()
	switch d := m.Data.(type) {
	case metricdata.Histogram[float64]:
		for _, p := range d.DataPoints {
			sets = append(sets, p.Attributes)
		}
		return "histogram", sets
	case metricdata.Sum[int64]:
		for _, p := range d.DataPoints {
			sets = append(sets, p.Attributes)
		}
		return "counter", sets
	}
	t.Fatalf("%s is neither a histogram nor a counter: %T", m.Name, m.Data)
	return "", nil
}
