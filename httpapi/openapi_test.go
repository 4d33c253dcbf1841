package httpapi_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"os"
	"testing"

	"github.com/cofactor-mfa/cofactor/cofactortest"
	"github.com/cofactor-mfa/cofactor/httpapi"
	"github.com/cofactor-mfa/cofactor/registry"
)

var update = flag.Bool("update", false, "write docs/reference/openapi.json again")

func withActivity(c *httpapi.Config) {
	c.Activity = func(context.Context, registry.Who, int) ([]registry.Event, error) { return nil, nil }
}

func TestTheDescriptionInTheDocsIsTheOneThatIsServed(t *testing.T) {
	t.Parallel()
	const page = "../docs/reference/openapi.json"
	s := newSite(t, cofactortest.Config{}, withActivity)
	var served bytes.Buffer
	if err := json.Indent(&served, s.browser().JSON("GET", api+"openapi.json", nil).Want(200).Body, "", "  "); err != nil {
		t.Fatal(err)
	}
	served.WriteByte('\n')
	if *update {
		if err := os.WriteFile(page, served.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	kept, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(kept, served.Bytes()) {
		t.Error("docs/reference/openapi.json is not what is served; look at what has changed, and write it again: go test ./httpapi -run Description -update")
	}
}
