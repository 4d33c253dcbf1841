package config_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/cofactor-mfa/cofactor/config"
	"github.com/cofactor-mfa/cofactor/provider"
)

var update = flag.Bool("update", false, "write the files that are made from the tags")

func TestTheGeneratedFilesAreThoseOfTheTags(t *testing.T) {
	for name, make := range map[string]func(...config.Factory) ([]byte, error){
		"config.md":            config.Reference,
		"cofactor.schema.json": config.Schema,
		"cofactor.yaml":        func(own ...config.Factory) ([]byte, error) { return config.Init(config.Full, own...) },
	} {
		want, err := make()
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join("..", "docs", "reference", name)
		if *update {
			if err := os.WriteFile(path, want, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is not what the tags say now: go test ./config -update (%v)", path, err)
		}
	}
}

// runnable is a file that Init has written, with files of secrets that are there.
func runnable(t *testing.T, style config.Style, own ...config.Factory) string {
	t.Helper()
	text, err := config.Init(style, own...)
	if err != nil {
		t.Fatal(err)
	}
	return regexp.MustCompile(`\{file: /run/secrets/cofactor-(keyset.json|pepper)\}`).ReplaceAllStringFunc(string(text), func(s string) string {
		if strings.Contains(s, "keyset") {
			return `"${KEYSET}"`
		}
		return `"${PEPPER}"`
	})
}

func TestWhatInitWritesLoads(t *testing.T) {
	for name, style := range map[string]config.Style{"short": config.Short, "full": config.Full, "development": config.Development} {
		text := runnable(t, style)
		if out := said(t, text); out != "0 errors, 0 warnings." {
			t.Errorf("the %s style says %s\n%s", name, out, text)
		}
		if err := compiled(t).Validate(asJSON(t, text)); err != nil {
			t.Errorf("the %s style and the schema: %v", name, err)
		}
	}
}

// TestEveryKeyOfTheFullStyleLoads takes away the # from one line after the other.
func TestEveryKeyOfTheFullStyleLoads(t *testing.T) {
	text := runnable(t, config.Full)
	if n := len(regexp.MustCompile(`(?m)^ *#[a-z_-]+:`).FindAllString(text, -1)); n < 100 {
		t.Fatalf("only %d keys are behind a #", n)
	}
	uncommented := regexp.MustCompile(`(?m)^( *)#([a-z_-]+:)`).ReplaceAllString(text, "$1$2")
	out := said(t, uncommented)
	for _, bad := range []string{"unknown key", "is no YAML", "must be a duration", "must be a whole number", "must be text", "must be a list", "must be a mapping", "unknown type"} {
		if strings.Contains(out, bad) {
			t.Errorf("a key that is written as the full style shows it is %q:\n%s", bad, out)
		}
	}
}

// pager is a section of one's own.
type pager struct {
	_     struct{}      `doc:"Codes on a pager."`
	Token config.Secret `yaml:"token" doc:"What the gateway knows us by." required:"true" sample:"\"${PAGER_TOKEN}\""`
	Speed int           `yaml:"speed" doc:"How fast." default:"1200" min:"300" max:"9600"`
}

// Validate is asked when every key is good by itself.
func (p *pager) Validate(r *config.Report) {
	if p.Speed == 1300 {
		r.Error("speed", "is a speed that no pager has", "1200")
	}
}

func pagers() config.Factory {
	return config.FactoryFor("pager", func(_ context.Context, _ pager, _ config.Deps) (provider.MultiFactorProvider, error) {
		return nil, config.At("token", errors.New("is not one of ours"))
	})
}

func TestASectionOfOnesOwnIsLikeABuiltInOne(t *testing.T) {
	for what, make := range map[string]func(...config.Factory) ([]byte, error){
		"reference": config.Reference, "schema": config.Schema,
		"short": func(own ...config.Factory) ([]byte, error) { return config.Init(config.Short, own...) },
		"full":  func(own ...config.Factory) ([]byte, error) { return config.Init(config.Full, own...) },
	} {
		if text, err := make(pagers()); err != nil || !strings.Contains(string(text), "pager") || !strings.Contains(string(text), "token") {
			t.Errorf("the %s does not have it: %v", what, err)
		}
	}
	s := compiled(t, pagers())
	for section, want := range map[string]string{
		"{}":        "token: required key is missing",
		"{tokn: x}": "did you mean token?",
		`{token: "${SMTP_PASSWORD}", speed: 299}`:  "must be from 300 to 9600, not 299",
		`{token: "${SMTP_PASSWORD}", speed: fast}`: "must be a whole number",
	} {
		text := production + "  pager: " + section + "\n"
		_, err := config.Load(config.Source{Files: []string{write(t, text)}, Environ: environ(t)}, pagers())
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", section, err)
		}
		if err := s.Validate(asJSON(t, text)); err == nil {
			t.Errorf("the schema accepts %s", section)
		}
	}
	for section, want := range map[string]string{
		`{token: "${SMTP_PASSWORD}", speed: 1300}`: "pager.speed: is a speed that no pager has",
		`{token: "${SMTP_PASSWORD}"}`:              "pager.token: is not one of ours",
	} {
		text := production + "  pager: " + section + "\n"
		_, err := config.Load(config.Source{Files: []string{write(t, text)}, Environ: environ(t)}, pagers())
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), canary) {
			t.Errorf("%s: %v", section, err)
		}
	}
}

func TestAFactoryThatCannotBeIsAnError(t *testing.T) {
	none := func(context.Context, struct {
		A chan int `yaml:"a" doc:"A."`
	}, config.Deps,
	) (provider.MultiFactorProvider, error) {
		return nil, nil //nolint:nilnil // never called
	}
	for what, own := range map[string][]config.Factory{
		"two of a name":   {pagers(), pagers()},
		"a built-in name": {config.FactoryFor("totp", func(context.Context, pager, config.Deps) (provider.MultiFactorProvider, error) { return nil, nil })}, //nolint:nilnil // never called
		"no name":         {config.FactoryFor("", none)},
		"a channel":       {config.FactoryFor("x", none)},
		"no struct":       {config.FactoryFor("x", func(context.Context, int, config.Deps) (provider.MultiFactorProvider, error) { return nil, nil })}, //nolint:nilnil // never called
		"zero":            {{}},
	} {
		if _, err := config.Schema(own...); err == nil {
			t.Errorf("%s is accepted", what)
		}
		if _, err := config.Load(config.Source{}, own...); err == nil || strings.Contains(err.Error(), "version") {
			t.Errorf("%s is accepted", what)
		}
	}
}
