package cli_test

import (
	"context"
	"fmt"
	"os"

	"github.com/cofactor-mfa/cofactor/cli"
	"github.com/cofactor-mfa/cofactor/config"
	"github.com/cofactor-mfa/cofactor/examples/pager"
	"github.com/cofactor-mfa/cofactor/provider"
)

// A cofactor that knows pagers as well: main is the last line, without the arguments that somebody else types.
func ExampleMain() {
	type section struct {
		Operator string `yaml:"operator" doc:"Who carries the pages." required:"true" example:"acme"`
	}
	pagers := config.FactoryFor("pager", func(_ context.Context, s section, _ config.Deps) (provider.MultiFactorProvider, error) {
		return pager.Provider(func(context.Context, string, string) error { return fmt.Errorf("%s has no pagers left", s.Operator) }), nil
	})

	os.Args = []string{"cofactor", "config", "validate", "--config", "testdata/example/cofactor.yaml"}
	status := cli.Main(pagers)
	fmt.Println("status", status)
	// Output:
	// ok
	//   mode              development
	//   base_url          https://acme.example/mfa
	//   challenges.store  memory
	//   factors.store     memory
	//   PROVIDER  KIND   TENANT
	//   pager     pager
	//   totp      totp
	// status 0
}
