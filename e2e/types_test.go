package e2e_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/cofactor-mfa/cofactor/internal/testenv"
	"github.com/cofactor-mfa/cofactor/provider/webauthn/browser"
)

// npm returns the folder of the packages that `make test` installs.
func npm(t *testing.T) string {
	t.Helper()
	folder, err := filepath.Abs("node_modules")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(folder); err != nil {
		testenv.Missing(t, "needs the packages of e2e/package-lock.json; `make test` installs them")
	}
	return folder
}

func TestTheDeclarationsFitTheModule(t *testing.T) {
	t.Parallel()
	node, packages := testenv.Tool(t, "node"), npm(t)
	check, err := os.ReadFile("testdata/check.ts")
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	for name, text := range map[string]string{
		"passkeys.js": browser.Module(), "passkeys.d.ts": browser.Types(),
		"module.js": browser.Module(), // the same without declarations, so that its own types can be compared with them
		"check.ts":  string(check), "package.json": `{"type":"module"}`,
	} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	tsc := exec.CommandContext(t.Context(), node, filepath.Join(packages, "typescript", "bin", "tsc"),
		"--noEmit", "--strict", "--allowJs", "--noUncheckedIndexedAccess", "--target", "es2022", "--module", "nodenext", "--lib", "es2022,dom", "--types", "", "check.ts")
	tsc.Dir = folder
	if out, err := tsc.CombinedOutput(); err != nil {
		t.Errorf("the type checker refuses: %v\n%s", err, out)
	}
}
