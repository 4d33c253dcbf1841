package demo_test

import (
	"encoding/json"
	"net/http"

	"github.com/cofactor-mfa/cofactor/cofactortest"
)

// began is what the JSON routes say of a challenge.
type began struct {
	ID     string          `json:"id"`
	Public json.RawMessage `json:"public"`
}

// addPasskey attaches one by the routes that the sign-in page's script uses too.
func addPasskey(t *tab, phone *cofactortest.Authenticator) {
	t.w.t.Helper()
	var ch began
	t.b.JSON(http.MethodPost, "/mfa/api/setup", map[string]any{"kind": "webauthn"}).Want(http.StatusCreated).Into(&ch)
	response, err := phone.Create(ch.Public)
	if err != nil {
		t.w.t.Fatal(err)
	}
	t.b.JSON(http.MethodPost, "/mfa/api/setup/answer", map[string]any{"challenge": ch.ID, "response": json.RawMessage(response)}).Want(http.StatusOK)
}

// byPasskey signs in with nothing but a passkey, and returns how far that leads.
func byPasskey(t *tab, phone *cofactortest.Authenticator) string {
	t.w.t.Helper()
	var ch began
	t.b.JSON(http.MethodPost, "/mfa/api/passkey", map[string]any{}).Want(http.StatusCreated).Into(&ch)
	response, err := phone.Get(ch.Public)
	if err != nil {
		t.w.t.Fatal(err)
	}
	var state struct{ State string }
	reply := t.b.JSON(http.MethodPost, "/mfa/api/passkey/answer", map[string]any{"challenge": ch.ID, "response": json.RawMessage(response)})
	reply.Into(&state)
	return state.State
}
