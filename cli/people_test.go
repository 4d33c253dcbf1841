package cli_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/pquerna/otp/totp"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/cofactor-mfa/cofactor/config"
	"github.com/cofactor-mfa/cofactor/keyset"
	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/registry"
)

// variables are those that the configurations of the scripts take from the environment.
func variables(ts *testscript.TestScript) []string {
	var list []string
	for _, name := range []string{"DB", "REDIS", "PREFIX", "PEPPER", "MAIL_PORT", "MAIL_CA", "TWILIO", "TWILIO_SECRET"} {
		list = append(list, name+"="+ts.Getenv(name))
	}
	return list
}

var pepper = base64.StdEncoding.EncodeToString([]byte("a pepper that is no secret 0123456789"))

// people USER... signs users up, in the deployment of cofactor.yaml, and has each attach an authenticator app. The variable SECRET_USER is the app's secret.
func people(ts *testscript.TestScript, _ bool, args []string) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cfg, err := config.Load(config.Source{Files: []string{ts.MkAbs("cofactor.yaml")}, Environ: variables(ts)})
	ts.Check(err)
	d, err := cfg.Open(ctx, config.Program{Logger: slog.New(slog.DiscardHandler)})
	ts.Check(err)
	defer func() { ts.Check(d.Close(ctx)) }()
	for _, name := range args {
		tenant, user, _ := strings.Cut(name, "/")
		if user == "" {
			tenant, user = "", name
		}
		reg, err := d.Registry(tenant)
		ts.Check(err)
		ts.Setenv("SECRET_"+user, enrol(ctx, ts, reg, tenant, user))
	}
}

func enrol(ctx context.Context, ts *testscript.TestScript, reg *registry.Registry, tenant, user string) string {
	who := registry.Who{User: provider.User{Tenant: tenant, ID: user, Name: user}, Binding: registry.NoBinding}
	login, err := reg.StartLogin(ctx, registry.Start{Who: who, Primary: []string{"pwd"}})
	ts.Check(err)
	ch, err := reg.BeginSetup(ctx, registry.Enrol{Who: who, Pending: login.Pending, Kind: "totp", Label: "Phone of " + user})
	ts.Check(err)
	public, err := json.Marshal(ch.Public)
	ts.Check(err)
	var shown struct{ Secret string }
	ts.Check(json.Unmarshal(public, &shown))
	code, err := totp.GenerateCode(shown.Secret, time.Now().Add(-30*time.Second))
	ts.Check(err)
	_, err = reg.FinishSetup(ctx, registry.Finish{Who: who, Pending: login.Pending, Challenge: ch.ID, Response: json.RawMessage(`{"code":"` + code + `"}`)})
	ts.Check(err)
	return shown.Secret
}

// code USER FILE [LINE...] writes the lines, and then the code that the user's app shows, for standard input.
func code(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) < 2 {
		ts.Fatalf("usage: code user file [line...]")
	}
	right, err := totp.GenerateCode(ts.Getenv("SECRET_"+args[0]), time.Now())
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(strings.Join(append(args[2:], right), "\n")+"\n"), 0o600))
}

// ids FILE sets OLD and NEW to the ids of the first and the second key of a new file of keys.
func ids(ts *testscript.TestScript, _ bool, args []string) {
	k, err := keyset.New(keyset.Config{Keyset: []byte(ts.ReadFile(args[0]))})
	ts.Check(err)
	ts.Setenv("OLD", fmt.Sprint(k.IDs()[0]))
	ts.Setenv("NEW", fmt.Sprint(k.IDs()[1]))
}
