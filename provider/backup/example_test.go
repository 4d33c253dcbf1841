package backup_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/provider/backup"
)

// Programs give the provider to a registry, which calls it as this example does.
func Example() {
	ctx, now := context.Background(), time.Date(2030, time.March, 3, 9, 0, 0, 0, time.UTC)
	p, err := backup.New(backup.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}

	// The codes are shown, and the user says that they are saved.
	prompt, err := p.SetupHook(ctx, provider.SetupRequest{Now: now})
	if err != nil {
		fmt.Println(err)
		return
	}
	public, _ := prompt.Public.(backup.Shown)
	codes := public.Codes
	saved := provider.Answer{Private: prompt.Private, Response: json.RawMessage(`{"saved":true}`)}
	enrolled, err := p.SetupVerify(ctx, provider.SetupRequest{Now: now}, saved)
	fmt.Println(enrolled.Hint, err)

	// One of them opens the account, once.
	login := provider.LoginRequest{Factors: []provider.Factor{{ID: "f1", Data: enrolled.Data}}, Now: now}
	answer := provider.Answer{Response: json.RawMessage(`{"code":"` + codes[0] + `"}`)}
	match, err := p.LoginVerify(ctx, login, answer)
	fmt.Printf("%+v %v\n", match.Once, err)

	login.Factors[0].Data = match.Data
	_, err = p.LoginVerify(ctx, login, answer)
	fmt.Println(errors.Is(err, provider.ErrRejected))
	// Output:
	// 10 left <nil>
	// {Remaining:9} <nil>
	// true
}
