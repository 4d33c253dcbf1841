package tenminutes_test

import (
	"html"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/cofactor-mfa/cofactor/cofactortest"
	"github.com/cofactor-mfa/cofactor/internal/testenv"
)

// Each step is what a person does who reads the README, the tutorial and the guides, in this order, in one folder.
func TestTheIntegratorsHalfOfTheFirstTenMinutes(t *testing.T) {
	f := newFolder(t, publish(t))
	f.Write(t, "main.go", f.Block(t, "README.md", "go", "package main"))
	steps := []struct {
		name string
		do   func(*testing.T, folder)
	}{
		{"the program of the README runs, and signs in", pasted},
		{"handlers are wrapped: a browser is led to the challenge and back, a program gets a problem", wrapped},
		{"three mistakes in the settings are found in one run", validated},
		{"a variable goes over the file, and its origin is told", overridden},
		{"a provider of one's own is on the pages, in the schema and in what is validated", extended},
		{"a test of fifteen lines signs in with a code from the outbox", tested},
		{"the doctor lists each check; without Redis nobody gets in", examined},
	}
	for _, s := range steps {
		if !t.Run(s.name, func(t *testing.T) { s.do(t, f) }) {
			t.FailNow() // what follows builds on it
		}
	}
}

func pasted(t *testing.T, f folder) {
	p := f.Start(t, "COFACTOR__POLICY=standard")
	for _, want := range []string{"provider is on", "mode=development", "challenges=memory", "kinds=", "development mode: not for real users"} {
		if !strings.Contains(p.Log(), want) {
			t.Errorf("at the start the log lacks %q", want)
		}
	}
	cofactortest.CheckIntegration(t, cofactortest.Integration{
		Open: func(t testing.TB) *cofactortest.Browser { return cofactortest.NewBrowser(t, p.Origin, nil) },
		SignIn: func(b *cofactortest.Browser) {
			b.Get("/sign-in").Want(http.StatusOK)
			b.Post("/sign-in", nil).Want(http.StatusSeeOther)
			follow(b, "/mfa/").Want(http.StatusOK)
		},
		Protected: "/",
	})
}

// follow opens a page, and goes where it leads.
func follow(b *cofactortest.Browser, path string) cofactortest.Reply {
	page := b.Get(path)
	for hops := 0; page.Location() != "" && hops < 5; hops++ {
		page = b.Get(page.Location())
	}
	return page
}

// wrapped adds a route to the program that takes a fresh proof, as the tutorial shows it.
func wrapped(t *testing.T, f folder) {
	main, err := os.ReadFile(filepath.Join(f.Dir, "main.go"))
	check(t, err)
	original := string(main)
	t.Cleanup(func() { f.Write(t, "main.go", original) })
	line := regexp.MustCompile(`http\.Handle\("/payroll", .*`).FindString(f.Block(t, "docs/tutorial/add-to-your-app.md", "go", "RequireFresh"))
	line = strings.Replace(line, "payroll)", "http.HandlerFunc(home))", 1)
	edited := strings.Replace(original, "\thttp.HandleFunc(\"GET /sign-in\"", "\t"+line+"\n\thttp.HandleFunc(\"GET /sign-in\"", 1)
	edited = strings.Replace(edited, "\t\"net/http\"\n", "\t\"net/http\"\n\t\"time\"\n", 1)
	f.Write(t, "main.go", edited)
	p := f.Start(t)

	b := cofactortest.NewBrowser(t, p.Origin, nil)
	b.Post("/sign-in", nil).Want(http.StatusSeeOther)
	b.Get("/payroll").Want(http.StatusOK) // there is nothing to prove yet but the password, a moment ago
	var ch, done struct {
		ID, State string
		Public    struct{ URI string }
	}
	b.JSON("POST", "/mfa/api/setup", map[string]string{"kind": "totp"}).Want(201).Into(&ch)
	app := cofactortest.NewApp(t, ch.Public.URI, time.Now)
	b.JSON("POST", "/mfa/api/setup/answer", map[string]any{"challenge": ch.ID, "response": app.Answer()}).Want(200).Into(&done)

	b = cofactortest.NewBrowser(t, p.Origin, nil)
	at := b.Get("/payroll").Want(http.StatusSeeOther).Location()
	b.JSON("GET", "/payroll", nil).Want(http.StatusUnauthorized)
	page := b.Post(at, nil).Want(http.StatusSeeOther)
	if kind := b.JSON("GET", "/payroll", nil).Want(http.StatusUnauthorized).Header.Get("Content-Type"); kind != "application/problem+json" {
		t.Errorf("a program gets %s", kind)
	}
	page = follow(b, page.Location())
	form := pageForm(t, page)
	form.fields.Set("code", app.Code())
	page = b.Post(form.action, form.fields).Want(http.StatusSeeOther)
	for page.Location() != "" && !strings.HasSuffix(page.Location(), "/payroll") {
		page = b.Get(page.Location())
	}
	if !strings.HasSuffix(page.Location(), "/payroll") {
		t.Errorf("after the code a browser is at %s, and not where it was going", page)
	}
	b.Get("/payroll").Want(http.StatusOK)
}

// command installs the command cofactor as the published module has it.
func (f folder) command(t testing.TB) string {
	t.Helper()
	path := filepath.Join(f.Dir, "cofactor")
	if _, err := os.Stat(path); err != nil {
		install := f.Command(t, "go", "install", ourModule+"/cmd/cofactor@"+f.Version)
		install.Env = append(install.Env, "GOBIN="+f.Dir)
		output(t, install)
	}
	return path
}

func validated(t *testing.T, f folder) {
	cofactor := f.command(t)
	good := f.Run(t, cofactor, "config", "init", "--development")
	bad := good
	for old, wrong := range map[string]string{
		"issuer: Acme": "isuer: Acme", "rp_id: localhost": `rp_id: localhost, origins: ["http://localhost:8080/"]`, "policy: optional": "policy: standrad",
	} {
		if bad = strings.Replace(bad, old, wrong, 1); !strings.Contains(bad, wrong) {
			t.Fatalf("the file that init writes has no %q:\n%s", old, good)
		}
	}
	f.Write(t, "mfa.yaml", bad)
	validate := f.Command(t, cofactor, "config", "validate", "--config", "mfa.yaml")
	out, err := validate.CombinedOutput()
	if exit := (*exec.ExitError)(nil); err == nil || !asExit(err, &exit) || exit.ExitCode() != 1 {
		t.Errorf("validate ends with %v, want 1", err)
	}
	for _, want := range []string{`mfa\.yaml:\d+:\d+: error: .*isuer`, `did you mean issuer\?`, `mfa\.yaml:\d+:\d+: error: .*origin`, `did you mean standard\?`, `3 errors`} {
		if !regexp.MustCompile(want).Match(out) {
			t.Errorf("validate does not say %q:\n%s", want, out)
		}
	}
	f.Write(t, "mfa.yaml", good)
	if said := f.Run(t, cofactor, "config", "validate", "--config", "mfa.yaml"); !strings.Contains(said, "ok") || !strings.Contains(said, "webauthn") {
		t.Errorf("of settings without a mistake validate says\n%s", said)
	}
	if !strings.HasPrefix(good, "# yaml-language-server: $schema=") || !strings.Contains(f.Run(t, cofactor, "config", "schema"), `"issuer"`) {
		t.Error("an editor has no schema to complete keys from")
	}
}

// settings writes the file that the steps after the mistakes need.
func (f folder) settings(t testing.TB) {
	t.Helper()
	f.Write(t, "mfa.yaml", f.Run(t, f.command(t), "config", "init", "--development"))
}

func overridden(t *testing.T, f folder) {
	f.settings(t)
	show := f.Command(t, f.command(t), "config", "print", "--origin", "--config", "mfa.yaml")
	show.Env = append(show.Env, "COFACTOR__PROVIDERS__TOTP__ISSUER=Beta", "COFACTOR__KEYS__PEPPER=AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")
	said := output(t, show)
	if !regexp.MustCompile(`totp\.issuer: Beta +# env COFACTOR__PROVIDERS__TOTP__ISSUER`).MatchString(said) {
		t.Errorf("what is in use, and why:\n%s", said)
	}
	if strings.Contains(said, "AAECAwQF") || !strings.Contains(said, "[secret]") {
		t.Errorf("a secret is printed:\n%s", said)
	}
}

// extended copies the example, and lets the copy have the module from the proxy.
func extended(t *testing.T, f folder) {
	own := folder{published: f.published, Dir: filepath.Join(t.TempDir(), "customprovider"), env: f.env}
	check(t, os.CopyFS(own.Dir, os.DirFS(filepath.Join(f.Clone, "examples", "customprovider"))))
	main, err := os.ReadFile(filepath.Join(own.Dir, "main.go"))
	check(t, err)
	if n := strings.Count(string(main), "\n"); n > 80 {
		t.Errorf("the program has %d lines; nobody copies more than 80", n)
	}
	own.Run(t, "go", "mod", "edit", "-dropreplace", ourModule, "-require", ourModule+"@"+f.Version)
	own.Run(t, "go", "mod", "tidy")
	own.Run(t, "go", "test", ".") // on the pages, in the picker, in schema and validate
	own.Run(t, "go", "test", ourModule+"/examples/pager")
}

func tested(t *testing.T, f folder) {
	f.Write(t, "signin_test.go", "package main\n\n"+f.Block(t, "docs/how-to/test-your-integration.md", "go", "LastCode"))
	f.Run(t, "go", "mod", "tidy")
	if out := f.Run(t, "go", "test", "-v", "."); !strings.Contains(out, "--- PASS: TestSignInWithACodeFromTheOutbox") {
		t.Errorf("go test says\n%s", out)
	}
}

func examined(t *testing.T, f folder) {
	f.settings(t)
	server, port := testenv.Tool(t, "redis-server"), freePort(t)
	redis := exec.CommandContext(t.Context(), server, "--bind", "127.0.0.1", "--port", port, "--dir", t.TempDir(), "--save", "", "--maxmemory-policy", "noeviction")
	check(t, redis.Start())
	awaitPort(t, port, func() string { return "redis-server" })
	inRedis := []string{"COFACTOR__CHALLENGES__STORE=redis", "COFACTOR__CHALLENGES__REDIS__URL=redis://127.0.0.1:" + port, "COFACTOR__POLICY=standard"}
	doctor := func() (string, error) {
		c := f.Command(t, f.command(t), "doctor", "--config", "mfa.yaml")
		c.Env = append(c.Env, inRedis...)
		out, err := c.CombinedOutput()
		return string(out), err
	}
	if said, err := doctor(); err != nil || !regexp.MustCompile(`(?m)^ok +challenges:`).MatchString(said) || !regexp.MustCompile(`(?m)^ok +database:`).MatchString(said) {
		t.Errorf("with Redis the doctor says (%v)\n%s", err, said)
	}

	p := f.Start(t, inRedis...)
	b := cofactortest.NewBrowser(t, p.Origin, nil)
	b.Post("/sign-in", nil).Want(http.StatusSeeOther)
	var ch struct {
		ID     string
		Public struct{ URI string }
	}
	b.JSON("POST", "/mfa/api/setup", map[string]string{"kind": "totp"}).Want(201).Into(&ch)
	app := cofactortest.NewApp(t, ch.Public.URI, time.Now)

	check(t, redis.Process.Kill())
	_ = redis.Wait() // it was killed
	said, err := doctor()
	if err == nil || !regexp.MustCompile(`(?m)^fail +challenges:`).MatchString(said) || !strings.Contains(said, "fix:") {
		t.Errorf("without Redis the doctor says (%v)\n%s", err, said)
	}
	b.JSON("POST", "/mfa/api/setup/answer", map[string]any{"challenge": ch.ID, "response": app.Answer()}).Want(http.StatusServiceUnavailable)
	if page := b.Get("/"); page.Status == http.StatusOK {
		t.Error("without Redis somebody gets in")
	}
	page := follow(b, "/mfa/choose")
	form := pageForm(t, page)
	if page = b.Post(form.action, form.fields); page.Location() != "" {
		page = follow(b, page.Location())
	}
	if page.Status != http.StatusServiceUnavailable || !strings.Contains(html.UnescapeString(string(page.Body)), "We can't check this right now.") {
		t.Errorf("without Redis the page is %s, want 503 and a sentence:\n%s", page, page.Body)
	}
}
