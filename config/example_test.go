package config_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/cofactor-mfa/cofactor/config"
)

func ExampleLoad() {
	folder, err := os.MkdirTemp("", "")
	if err != nil {
		panic(err)
	}
	defer func() { _ = os.RemoveAll(folder) }()
	file := filepath.Join(folder, "cofactor.yaml")
	if err := os.WriteFile(file, []byte(`version: 1
mode: development
allow_insecure: [memory_stores, ephemeral_keys, http_origin]
base_url: http://localhost:8080/mfa
product_name: Acme
support_url: https://acme.example/help
policy: standard
challenges: {store: memory}
factors: {store: memory}
providers:
  totp: {isuer: Acme, digits: 7}
  backup:
`), 0o600); err != nil {
		panic(err)
	}
	_, err = config.Load(config.Source{Files: []string{file}, Environ: os.Environ()})
	var problems *config.Problems
	if errors.As(err, &problems) {
		fmt.Println(strings.ReplaceAll(problems.Error(), folder+string(filepath.Separator), ""))
	}
	// Output:
	// cofactor.yaml:11:10: error: providers.totp.isuer: unknown key
	//     hint: did you mean issuer?
	// cofactor.yaml:11:31: error: providers.totp.digits: must be 6 or 8, not 7
	// 2 errors, 0 warnings. Nothing was started.
}
