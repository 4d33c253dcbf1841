package webauthn_test

import (
	"bytes"
	"encoding/json"
	"os"
	"testing"
	"time"

	"github.com/cofactor-mfa/cofactor/provider"
)

// golden is a set-up and a login as they were written down by the first version: whatever later ones do, these records must be read.
type golden struct {
	SetupPrivate  []byte          `json:"setup_private"`
	SetupResponse json.RawMessage `json:"setup_response"`
	Data          []byte          `json:"data"`
	LoginPrivate  []byte          `json:"login_private"`
	LoginResponse json.RawMessage `json:"login_response"`
	After         []byte          `json:"after"`
}

func TestStoredFormatsDoNotChange(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("testdata/ceremonies-v1.json")
	if err != nil {
		t.Fatal(err)
	}
	var all map[string]golden
	if err := json.Unmarshal(raw, &all); err != nil {
		t.Fatal(err)
	}
	if len(all) != 3 {
		t.Fatalf("%d ceremonies, want one of each algorithm", len(all))
	}
	for name, g := range all {
		s := newSite(t)
		e, err := s.finishSetup(provider.Answer{Private: g.SetupPrivate, Response: g.SetupResponse})
		if err != nil || !bytes.Equal(e.Data, g.Data) {
			t.Errorf("%s: a set-up that was begun before this version: %v; record %x, want %x", name, err, e.Data, g.Data)
		}
		s.factors, s.now = []provider.Factor{{ID: "f-1", Data: g.Data}}, start.Add(time.Minute)
		m, err := s.finish(provider.Answer{Private: g.LoginPrivate, Response: g.LoginResponse})
		if err != nil || !bytes.Equal(m.Data, g.After) {
			t.Errorf("%s: a key that was stored before this version: %v; record %x, want %x", name, err, m.Data, g.After)
		}
	}
}
