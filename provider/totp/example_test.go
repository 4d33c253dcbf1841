package totp_test

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/provider/totp"
)

// A registry makes these calls. They show what the provider answers to a code that is used twice.
func Example() {
	ctx := context.Background()
	p, err := totp.New(totp.Config{Issuer: "Acme"})
	if err != nil {
		fmt.Println(err)
		return
	}

	// The time of a vector in RFC 6238 appendix B, and a factor with its secret, as a store would have it.
	now := time.Unix(1111111109, 0)
	factor := provider.Factor{ID: "phone", Data: append([]byte{1, 0, 6, 30, 0, 20}, "12345678901234567890"...)}
	answer := provider.Answer{Response: json.RawMessage(`{"code":"081 804"}`)}

	match, err := p.LoginVerify(ctx, provider.LoginRequest{Factors: []provider.Factor{factor}, Now: now}, answer)
	fmt.Println(match.FactorID, err)

	factor.Data = match.Data // The step is used up in here.
	_, err = p.LoginVerify(ctx, provider.LoginRequest{Factors: []provider.Factor{factor}, Now: now}, answer)
	fmt.Println(err)
	// Output:
	// phone <nil>
	// provider: answer rejected
}
