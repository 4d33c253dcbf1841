package config_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/cofactor-mfa/cofactor/config"
)

// TestWhatTheDocsShowLoads loads each YAML of the pages: one with a version by itself, any other over the sample.
func TestWhatTheDocsShowLoads(t *testing.T) {
	for page, least := range map[string]int{"README.md": 1, "docs/how-to/configure.md": 5} {
		text, err := os.ReadFile(filepath.Join("..", filepath.FromSlash(page)))
		if err != nil {
			t.Fatal(err)
		}
		blocks := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(string(text), -1)
		if len(blocks) < least {
			t.Errorf("%s shows %d configurations, fewer than %d", page, len(blocks), least)
		}
		for _, b := range blocks {
			files := []string{write(t, strings.NewReplacer("{file: /run/secrets/cofactor-keyset.json}", `"${KEYSET}"`, "{file: /run/secrets/cofactor-pepper}", `"${PEPPER}"`).Replace(b[1]))}
			if !strings.Contains(b[1], "version: 1") {
				files = append([]string{write(t, production)}, files...)
			}
			if strings.Contains(b[1], "mode: development") {
				files[0] = write(t, strings.Replace(development, "mode: development", "mode: production", 1))
			}
			c, err := config.Load(config.Source{Files: files, Environ: environ(t)})
			if err != nil {
				t.Errorf("%s shows\n%s\nand Load says %v", page, b[1], err)
			} else if n := c.Warnings().Count(config.Warning); n > 0 {
				t.Errorf("%s shows\n%s\nand Load warns: %v", page, b[1], c.Warnings())
			}
		}
	}
}
