package cli_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/cofactor-mfa/cofactor/cli"
)

// A site elsewhere can have a name that leads here, and its page would then read the answers.
func TestThePreviewIsForThisMachine(t *testing.T) {
	t.Parallel()
	h := cli.OnThisMachine(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}), 8081)
	for host, status := range map[string]int{
		"localhost:8081": 200, "127.0.0.1:8081": 200, "[::1]:8081": 200,
		"evil.example": 421, "evil.example:8081": 421, "localhost:8080": 421, "localhost": 421, "localhost.evil.example:8081": 421, "": 421,
	} {
		r := httptest.NewRequest(http.MethodGet, "/", http.NoBody)
		r.Host = host
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != status {
			t.Errorf("%q is answered with %d, not %d", host, w.Code, status)
		}
	}
}
