package config_test

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"github.com/cofactor-mfa/cofactor/config"
)

func onOwnMachine(t *testing.T) string {
	t.Helper()
	text, err := config.Init(config.Development)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestWhatAProgramBringsAlongIsBelowFilesAndVariables(t *testing.T) {
	t.Parallel()
	src := config.Source{Text: onOwnMachine(t), Files: []string{write(t, "product_name: From a file\n")}, Environ: []string{"COFACTOR__PROVIDERS__TOTP__ISSUER=Beta"}}
	c, err := config.Load(src)
	if err != nil {
		t.Fatal(err)
	}
	var shown bytes.Buffer
	if err := c.Print(&shown); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"From a file", "Beta", "built in:"} {
		if !strings.Contains(shown.String(), want) {
			t.Errorf("what is in use does not name %q:\n%s", want, &shown)
		}
	}
}

func TestAMistakeInWhatAProgramBringsAlongHasAPlace(t *testing.T) {
	t.Parallel()
	_, err := config.Load(config.Source{Text: strings.Replace(onOwnMachine(t), "product_name", "product_nam", 1), Files: []string{write(t, "base_url: /mfa\n")}})
	var problems *config.Problems
	if !errors.As(err, &problems) || !strings.Contains(err.Error(), "built in:") || !strings.Contains(err.Error(), "did you mean product_name?") {
		t.Errorf("the error is %v", err)
	}
}

func TestDevelopmentIsWarnedOfWhenItStarts(t *testing.T) {
	t.Parallel()
	c, err := config.Load(config.Source{Text: onOwnMachine(t)})
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	d, err := c.Open(t.Context(), config.Program{Logger: slog.New(slog.NewTextHandler(&log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`level=INFO msg="multi-factor authentication is on" mode=development challenges=memory factors=memory kinds="[backup device email sms totp webauthn]"`,
		`level=WARN msg="development mode: not for real users" insecure="[memory_stores ephemeral_keys terminal_sender http_origin any_country]"`,
	} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the log lacks %s:\n%s", want, &log)
		}
	}
}
