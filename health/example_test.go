package health_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/cofactor-mfa/cofactor/challenge"
	"github.com/cofactor-mfa/cofactor/factor"
	"github.com/cofactor-mfa/cofactor/health"
)

// A replica that cannot send mail goes on: passkeys need none. One that ends is sent nothing new.
func Example() {
	var mail part
	h, err := health.New(health.Config{
		Needed: []health.Check{health.Challenges(challenge.NewMemory()), health.Factors(factor.NewMemory())},
		Useful: []health.Check{mail.check("mail")}, // in production the sender's Check
	})
	if err != nil {
		panic(err)
	}
	mail.set(errBroken)
	ask := func() {
		r := httptest.NewRecorder()
		h.Ready().ServeHTTP(r, httptest.NewRequest(http.MethodGet, "/ready", nil))
		fmt.Print(r.Code, " ", r.Body)
	}
	ask()
	h.End()
	ask()
	// Output:
	// 200 {"status":"degraded"}
	// 503 {"status":"down"}
}
