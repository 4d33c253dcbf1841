package webauthn_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/cofactor-mfa/cofactor/provider/webauthn"
)

func TestConfigFaults(t *testing.T) { // attack: A-110
	t.Parallel()
	for what, tc := range map[string]struct {
		change func(*webauthn.Config)
		names  string // what the error must name
	}{
		"no RPID":               {func(c *webauthn.Config) { c.RPID = "" }, "RPID"},
		"RPID with a scheme":    {func(c *webauthn.Config) { c.RPID = "https://example.com" }, "RPID"},
		"RPID with a port":      {func(c *webauthn.Config) { c.RPID = "example.com:443" }, "RPID"},
		"RPID in capitals":      {func(c *webauthn.Config) { c.RPID = "Example.com" }, "RPID"},
		"RPID of one label":     {func(c *webauthn.Config) { c.RPID = "com" }, "RPID"},
		"RPID an IP address":    {func(c *webauthn.Config) { c.RPID = "192.0.2.1" }, "RPID"},
		"RPID an IPv6 address":  {func(c *webauthn.Config) { c.RPID = "::1" }, "RPID"},
		"RPID with a last dot":  {func(c *webauthn.Config) { c.RPID = "example.com." }, "RPID"},
		"RPID not in ASCII":     {func(c *webauthn.Config) { c.RPID = "exämple.com" }, "RPID"},
		"no RPName":             {func(c *webauthn.Config) { c.RPName = "" }, "RPName"},
		"RPName of two lines":   {func(c *webauthn.Config) { c.RPName = "a\nb" }, "RPName"},
		"RPName with spaces":    {func(c *webauthn.Config) { c.RPName = " a" }, "RPName"},
		"RPName of 65 bytes":    {func(c *webauthn.Config) { c.RPName = strings.Repeat("a", 65) }, "RPName"},
		"RPName not UTF-8":      {func(c *webauthn.Config) { c.RPName = "\xff" }, "RPName"},
		"unknown preset":        {func(c *webauthn.Config) { c.Preset = 2 }, "Preset"},
		"unknown verification":  {func(c *webauthn.Config) { c.UserVerification = 9 }, "UserVerification"},
		"unknown counter":       {func(c *webauthn.Config) { c.Counter = 2 }, "Counter"},
		"unknown hint":          {func(c *webauthn.Config) { c.Hints = []webauthn.Hint{"magic"} }, "Hints"},
		"a hint twice":          {func(c *webauthn.Config) { c.Hints = []webauthn.Hint{"hybrid", "hybrid"} }, "Hints"},
		"no algorithm":          {func(c *webauthn.Config) { c.Algorithms = []webauthn.Algorithm{} }, "Algorithms"},
		"unknown algorithm":     {func(c *webauthn.Config) { c.Algorithms = []webauthn.Algorithm{-65535} }, "Algorithms"},
		"RS1":                   {func(c *webauthn.Config) { c.Algorithms = []webauthn.Algorithm{-65535, -7} }, "Algorithms"},
		"an algorithm twice":    {func(c *webauthn.Config) { c.Algorithms = []webauthn.Algorithm{-7, -7} }, "Algorithms"},
		"a short timeout":       {func(c *webauthn.Config) { c.Timeout = 59 * time.Second }, "Timeout"},
		"a long timeout":        {func(c *webauthn.Config) { c.Timeout = 601 * time.Second }, "Timeout"},
		"a negative timeout":    {func(c *webauthn.Config) { c.Timeout = -time.Minute }, "Timeout"},
		"a broken timeout":      {func(c *webauthn.Config) { c.Timeout = time.Minute + 1 }, "Timeout"},
		"an empty name":         {func(c *webauthn.Config) { c.Names = map[webauthn.AAGUID]string{{1}: ""} }, "Names"},
		"a name of two lines":   {func(c *webauthn.Config) { c.Names = map[webauthn.AAGUID]string{{1}: "a\nb"} }, "Names"},
		"no origin":             {func(c *webauthn.Config) { c.Origins = nil }, "Origins"},
		"an origin twice":       {func(c *webauthn.Config) { c.Origins = []string{origin, origin} }, "Origins"},
		"a related one below":   {func(c *webauthn.Config) { c.RelatedOrigins = []string{"https://x.example.com"} }, "RelatedOrigins"},
		"a related one twice":   {func(c *webauthn.Config) { c.RelatedOrigins = []string{"https://example.fr", "https://example.fr"} }, "RelatedOrigins"},
		"a related localhost":   {func(c *webauthn.Config) { c.RelatedOrigins = []string{"http://localhost:3000"} }, "RelatedOrigins"},
		"a related one of it":   {func(c *webauthn.Config) { c.RelatedOrigins = []string{"https://app.localhost"} }, "RelatedOrigins"},
		"localhost in capitals": {func(c *webauthn.Config) { c.RPID, c.Origins = "localhost", []string{"http://App.localhost"} }, "Origins"},
		"port 08443":            {func(c *webauthn.Config) { c.Origins = []string{"https://example.com:08443"} }, "Origins"},
		"port 0443":             {func(c *webauthn.Config) { c.Origins = []string{"https://example.com:0443"} }, "Origins"},
		"six names": {func(c *webauthn.Config) {
			c.RelatedOrigins = strings.Fields("https://a.fr https://b.fr https://c.fr https://d.fr https://e.fr")
		}, "RelatedOrigins"},
		"an endpoint over http": {func(c *webauthn.Config) { c.Endpoints.Manage = "http://example.com/x" }, "Endpoints"},
		"a path as an endpoint": {func(c *webauthn.Config) { c.Endpoints.Enroll = "/x" }, "Endpoints"},
	} {
		cfg := config()
		tc.change(&cfg)
		if p, err := webauthn.New(cfg); err == nil || p != nil || !strings.Contains(err.Error(), "Config."+tc.names) {
			t.Errorf("%s: %v; want an error that names Config.%s", what, err, tc.names)
		}
	}
	for _, o := range []string{
		"", "example.com", "https://", "https://example.com/", "https://example.com/a", "https://example.com?a", "https://example.com#a", "https://a@example.com", "https://a:b@example.com",
		"https://EXAMPLE.com", "HTTPS://example.com", "http://example.com", "ftp://example.com", "https://192.0.2.1", "https://[::1]", "https://example.com:443", "https://example.com:",
		"https://example.com:70000", "https://notexample.com", "https://example.com.evil.test", "https://com", "https://exämple.com", "https://example.com.", "https://.example.com", "null",
		"https://*.example.com", "http://localhost", "javascript://example.com", "https://example.com ", "android:apk-key-hash:AAAA",
	} {
		cfg := config()
		cfg.Origins = []string{o}
		if _, err := webauthn.New(cfg); err == nil {
			t.Errorf("the origin %q is accepted", o)
		}
	}
	_, err := webauthn.New(webauthn.Config{Preset: 7, Timeout: 1})
	for _, name := range []string{"RPID", "RPName", "Origins", "Preset", "Timeout"} {
		if err == nil || !strings.Contains(err.Error(), "Config."+name) {
			t.Errorf("the faults are reported at once, and %s is not among them: %v", name, err)
		}
	}
}

func TestOriginsThatFit(t *testing.T) {
	t.Parallel()
	for rp, origins := range map[string][]string{
		"example.com":       {"https://example.com", "https://login.example.com", "https://a.b.example.com:8443"},
		"login.example.com": {"https://login.example.com"},
		"localhost":         {"http://localhost", "http://localhost:8080", "https://localhost:8443", "http://app.localhost:3000"},
		"xn--exmple-cua.de": {"https://xn--exmple-cua.de"},
	} {
		cfg := config()
		cfg.RPID, cfg.Origins = rp, origins
		if _, err := webauthn.New(cfg); err != nil {
			t.Errorf("%s: %v", rp, err)
		}
	}
}

func TestConfigIsCopied(t *testing.T) {
	t.Parallel()
	cfg := config()
	cfg.Names = map[webauthn.AAGUID]string{{}: "Own"}
	p, err := webauthn.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	cfg.Origins[0], cfg.Names[webauthn.AAGUID{}] = "https://evil.example", "Evil"
	s := newSite(t)
	s.p = p
	if e := s.enrol(newDevice()); e.Label != "Own" {
		t.Errorf("the label is %q", e.Label)
	}
}

func TestInfo(t *testing.T) {
	t.Parallel()
	i := newProvider(t, func(c *webauthn.Config) { c.Timeout = 2 * time.Minute }).Info()
	if i.Kind != "webauthn" || !i.PhishingResistant || !i.Unguessable || i.TTL != 2*time.Minute || i.Validate() != nil {
		t.Errorf("%+v", i)
	}
}

func TestWellKnownDocuments(t *testing.T) {
	t.Parallel()
	if docs := newProvider(t).WellKnown(); len(docs) != 0 {
		t.Errorf("a site that needs none has %v", docs)
	}
	p := newProvider(t, func(c *webauthn.Config) {
		c.RelatedOrigins = []string{"https://example.co.uk", "https://example.de"}
		c.Endpoints = webauthn.Endpoints{Enroll: "https://example.com/passkeys/new", Manage: "https://example.com/passkeys"}
	})
	for path, want := range map[string]string{
		"/.well-known/webauthn":          `{"origins":["https://login.example.com","https://example.co.uk","https://example.de"]}`,
		"/.well-known/passkey-endpoints": `{"enroll":"https://example.com/passkeys/new","manage":"https://example.com/passkeys"}`,
	} {
		if got := string(p.WellKnown()[path]); got != want {
			t.Errorf("%s is %s, want %s", path, got, want)
		}
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	names := webauthn.DefaultNames()
	if len(names) < 20 {
		t.Errorf("%d names are built in", len(names))
	}
	id, err := webauthn.ParseAAGUID("ea9b8d66-4d01-1d21-3ce4-b6b48cb575d4")
	if err != nil || names[id] != "Google Password Manager" || id.String() != "ea9b8d66-4d01-1d21-3ce4-b6b48cb575d4" {
		t.Errorf("%v is %q: %v", id, names[id], err)
	}
	if name, known := names[webauthn.AAGUID{}]; known {
		t.Errorf("the model that is not told is called %q", name)
	}
	for _, bad := range []string{"", "x", "ea9b8d66", "ea9b8d664d011d213ce4b6b48cb575d4", "ea9b8d66-4d01-1d21-3ce4-b6b48cb575d4-", "{ea9b8d66-4d01-1d21-3ce4-b6b48cb575d4}", "ga9b8d66-4d01-1d21-3ce4-b6b48cb575d4"} {
		if _, err := webauthn.ParseAAGUID(bad); err == nil {
			t.Errorf("%q is an AAGUID", bad)
		}
	}
	for _, bad := range []string{"", "[]", `{"x":{"name":"y"}}`, `{"ea9b8d66-4d01-1d21-3ce4-b6b48cb575d4":{}}`, `{"ea9b8d66-4d01-1d21-3ce4-b6b48cb575d4":{"name":"a\u0007"}}`} {
		if _, err := webauthn.ReadNames([]byte(bad)); err == nil {
			t.Errorf("%q is a list of names", bad)
		}
	}
	list, err := webauthn.ReadNames([]byte(`{"ea9b8d66-4d01-1d21-3ce4-b6b48cb575d4":{"name":"Mine","icon_dark":"data:..."}}`))
	if err != nil || list[id] != "Mine" {
		t.Errorf("a list with icons: %v, %v", list, err)
	}
	for what, tc := range map[string]struct {
		names map[webauthn.AAGUID]string
		want  string
	}{"built in": {nil, "Google Password Manager"}, "own": {list, "Mine"}, "none": {map[webauthn.AAGUID]string{}, "Passkey"}} {
		s, d := newSite(t, func(c *webauthn.Config) { c.Names = tc.names }), newDevice()
		d.AAGUID = id
		if e := s.enrol(d); e.Label != tc.want {
			t.Errorf("%s: the label is %q, want %q", what, e.Label, tc.want)
		}
	}
}

// Signals are what browsers take, member for member.
func TestSignals(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.enrol(newDevice())
	s.enrol(newDevice())
	got, err := s.p.Signal(t.Context(), s.user, s.factors)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	var signals struct {
		Unknown  *struct{} `json:"unknown_credential"`
		Accepted struct {
			RPID, UserID             string
			AllAcceptedCredentialIDs []string `json:"allAcceptedCredentialIds"`
		} `json:"all_accepted_credentials"`
		Details struct{ RPID, UserID, Name, DisplayName string } `json:"current_user_details"`
	}
	if err := json.Unmarshal(raw, &signals); err != nil {
		t.Fatal(err)
	}
	if signals.Unknown != nil || len(signals.Accepted.AllAcceptedCredentialIDs) != 2 || signals.Accepted.RPID != rpID || signals.Accepted.UserID == "" ||
		signals.Details.Name != "alice@example.com" || signals.Details.DisplayName != "Alice" || signals.Details.UserID != signals.Accepted.UserID {
		t.Errorf("%s", raw)
	}

	none, err := s.p.Signal(t.Context(), s.user, nil)
	if raw, _ := json.Marshal(none); err != nil || !strings.Contains(string(raw), `"allAcceptedCredentialIds":[]`) {
		t.Errorf("a user without keys: %s, %v; want an empty list, which hides them all", raw, err)
	}
	s.user.Name, s.user.DisplayName = "", ""
	unnamed, err := s.p.Signal(t.Context(), s.user, s.factors)
	if raw, _ := json.Marshal(unnamed); err != nil || strings.Contains(string(raw), "current_user_details") {
		t.Errorf("a login that named nobody: %s, %v; an empty name would be taken for the new one", raw, err)
	}
	s.factors[1].Data = []byte{9}
	if got, err := s.p.Signal(t.Context(), s.user, s.factors); err == nil || got != nil {
		t.Errorf("a key that cannot be read: %v; the list would lack it, and it would be hidden", got)
	}
}

func TestForget(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	got, err := p.Forget(t.Context(), "AAEC")
	if raw, _ := json.Marshal(got); err != nil || string(raw) != `{"unknown_credential":{"credentialId":"AAEC","rpId":"example.com"}}` {
		t.Errorf("%s: %v", raw, err)
	}
	for _, bad := range []string{"", "=", "A", strings.Repeat("A", 2000)} {
		if got, err := p.Forget(t.Context(), bad); err == nil || got != nil {
			t.Errorf("%.10q: %v", bad, got)
		}
	}
}
