package web_test

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/cofactor-mfa/cofactor/web"
)

// A telephone number has no letter that a browser could see its direction by, and would be turned around in Arabic.
func TestNumbersAreNotTurnedAroundInArabic(t *testing.T) {
	t.Parallel()
	pages, err := web.Preview(web.Config{})
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range []string{"settings/on", "challenge/message"} {
		rec := httptest.NewRecorder()
		pages.ServeHTTP(rec, httptest.NewRequest("GET", "/page/ar/"+page, nil))
		if !strings.Contains(rec.Body.String(), `<bdi dir="ltr">&#43;44 `) && !strings.Contains(rec.Body.String(), `<bdi dir="ltr">+44 `) {
			t.Errorf("%s does not say which way the number goes", page)
		}
	}
}
