package e2e_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
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
	check, err := os.ReadFile("testdata/check.ts")
	if err != nil {
		t.Fatal(err)
	}
	typecheck(t, map[string]string{
		"check.ts":  string(check),
		"module.js": browser.Module(), // the same without declarations, so that its own types can be compared with them
	}, "--strict")
}

// The scripts that the page for web developers shows use the module as it is.
func TestTheScriptsOfTheGuideAreRight(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../docs/how-to/passkeys-on-a-page.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)```js\n(.*?)```").FindAllStringSubmatch(string(page), -1)
	if len(blocks) != 2 {
		t.Fatalf("%d scripts, want 2", len(blocks))
	}
	files := map[string]string{"page.d.ts": `
		declare function post(path: string, body: unknown): Promise<any>;
		declare function say(text: string): void;
		declare const sentences: Record<string, string>;
		interface ParentNode { querySelector(selectors: string): any; }`}
	for i, b := range blocks {
		files[fmt.Sprintf("script%d.js", i)] = strings.ReplaceAll(b[1], "'/passkeys.js'", "'./passkeys.js'")
	}
	typecheck(t, files, "--strict", "false", "--checkJs") // the module has declarations, and the page none
}

// typecheck runs the compiler over files that lie beside the module and its declarations.
func typecheck(t *testing.T, files map[string]string, flags ...string) {
	t.Helper()
	node, packages, folder := testenv.Tool(t, "node"), npm(t), t.TempDir()
	files["passkeys.js"], files["passkeys.d.ts"], files["package.json"] = browser.Module(), browser.Types(), `{"type":"module"}`
	args := []string{
		filepath.Join(packages, "typescript", "bin", "tsc"), "--noEmit", "--allowJs", "--target", "es2022", "--module", "nodenext", "--lib", "es2022,dom", "--types", "",
	}
	args = append(args, flags...)
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if name != "passkeys.js" && name != "package.json" {
			args = append(args, name)
		}
	}
	tsc := exec.CommandContext(t.Context(), node, args...)
	tsc.Dir = folder
	if out, err := tsc.CombinedOutput(); err != nil {
		t.Errorf("the type checker refuses: %v\n%s", err, out)
	}
}
