package audit_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/cofactor-mfa/cofactor/audit"
	"github.com/cofactor-mfa/cofactor/registry"
)

// The keys of the log are a promise, and what tells of a person more than an id is not among them.
//
// asvs: V16.2.1
func TestLogHasTheKeysThatItPromises(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	l, err := audit.NewLog(slog.New(slog.NewJSONHandler(&out, nil)))
	if err != nil {
		t.Fatal(err)
	}
	e := registry.Event{
		Version: 1, ID: "1", At: noon, Op: "remove", Result: "ok", Reason: "r", Signal: "guessing", Tenant: "t", User: "u", Kind: "k", Factor: "f", Actor: "a",
		Note: "Alice Smith asked", Address: "192.0.2.7", Agent: "Firefox", Notice: "n", EndSessions: true,
	}
	if err := l.Deliver(t.Context(), audit.Record{Event: e}); err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	want := []string{"actor", "at", "end_sessions", "factor", "id", "kind", "level", "msg", "notice", "op", "reason", "result", "signal", "tenant", "time", "user"}
	if keys := slices.Sorted(maps.Keys(got)); !slices.Equal(keys, want) {
		t.Errorf("keys %q, want %q", keys, want)
	}
	for _, s := range []string{"Alice", "192.0.2.7", "Firefox"} {
		if strings.Contains(out.String(), s) {
			t.Errorf("the log has %q", s)
		}
	}
	if got["level"] != "WARN" {
		t.Errorf("a sign of an attack is logged as %v", got["level"])
	}
	if _, err := audit.NewLog(nil); err == nil {
		t.Error("a log without a logger")
	}
}
