package floors

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

func text(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// The image is one static program, by the version of Go that the module is for, and runs as a user without rights.
func TestTheImageIsOneProgramThatIsNobody(t *testing.T) {
	file := text(t, "Dockerfile")
	stages := strings.Split(file, "\nFROM ")
	last := stages[len(stages)-1]
	for what, ok := range map[string]bool{
		"the last stage is scratch":         strings.HasPrefix(last, "scratch\n"),
		"it runs as a number, not as root":  regexp.MustCompile(`(?m)^USER [1-9]\d*:[1-9]\d*$`).MatchString(last),
		"it may not change its own program": strings.Contains(last, "--chmod=0555"),
		"it is static":                      strings.Contains(file, "CGO_ENABLED=0 go build"),
		"it trusts the usual authorities":   strings.Contains(last, "ca-certificates.crt"),
		"it has no secret in a variable":    !regexp.MustCompile(`(?mi)^(ENV|ARG) \w*(PASSWORD|SECRET|TOKEN|KEY)`).MatchString(file),
	} {
		if !ok {
			t.Errorf("Dockerfile: want that %s", what)
		}
	}
	need := regexp.MustCompile(`(?m)^go (\d+\.\d+)`).FindStringSubmatch(text(t, "go.mod"))[1]
	if !strings.Contains(file, "FROM golang:"+need+"-") {
		t.Errorf("Dockerfile: go.mod asks for Go %s", need)
	}
	ignored := strings.Fields(text(t, ".dockerignore"))
	for _, name := range []string{".git", "secrets", "**/*.env", "**/keyset*.json"} {
		if !slices.Contains(ignored, name) {
			t.Errorf(".dockerignore: %s would be in a layer of the build", name)
		}
	}
}

// What compose.yaml runs keeps the rules of docs/how-to/deploy.md.
func TestComposeKeepsTheRules(t *testing.T) {
	var file struct {
		Services map[string]struct {
			Image       string
			Command     []string
			Ports       []string
			Networks    []string
			ReadOnly    bool     `yaml:"read_only"`
			CapDrop     []string `yaml:"cap_drop"`
			SecurityOpt []string `yaml:"security_opt"`
			Privileged  bool
			User        string
			Grace       string `yaml:"stop_grace_period"`
			Environment map[string]string
		}
		Networks map[string]struct{ Internal bool }
		Secrets  map[string]struct{ File string }
	}
	if err := yaml.Unmarshal([]byte(text(t, "compose.yaml")), &file); err != nil {
		t.Fatal(err)
	}
	ours := 0
	for name, s := range file.Services {
		if s.Image == "cofactor-replica" {
			ours++
			if !s.ReadOnly || !slices.Contains(s.CapDrop, "ALL") || len(s.SecurityOpt) == 0 || s.Grace != "45s" || s.User != "" {
				t.Errorf("%s: a replica writes nowhere, has no capability, and has its time to end: %+v", name, s)
			}
		} else if !regexp.MustCompile(`^[a-z]+:\d+`).MatchString(s.Image) {
			t.Errorf("%s: an image without a version: %q", name, s.Image)
		}
		if s.Privileged || name != "proxy" && len(s.Ports) > 0 {
			t.Errorf("%s: only the proxy is reached from outside: %v", name, s.Ports)
		}
		for _, p := range s.Ports {
			if !strings.HasPrefix(p, "127.0.0.1:") {
				t.Errorf("%s: %s is open to everybody; TLS comes first", name, p)
			}
		}
		for key, value := range s.Environment {
			if strings.Contains(key, "PASSWORD") && !strings.HasPrefix(value, "${") || strings.Contains(value, "postgres://") && !strings.Contains(value, ":${") {
				t.Errorf("%s: %s is written out", name, key)
			}
		}
	}
	if ours != 3 || !file.Networks["inside"].Internal || len(file.Secrets) != 2 {
		t.Errorf("want two replicas and a migration on a network of their own, with two secrets: %d, %+v, %+v", ours, file.Networks, file.Secrets)
	}
	if !slices.Contains(file.Services["redis"].Command, "noeviction") {
		t.Error("redis: a lock that is evicted is a lock that is open")
	}
}

// attack: A-126
func TestNoFileMayBeWrittenByEverybody(t *testing.T) {
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == ".git" || d.Name() == ".bin" || d.Name() == "node_modules"):
			return filepath.SkipDir
		case d.Type()&fs.ModeSymlink != 0:
			return nil
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		if info.Mode().Perm()&0o002 != 0 {
			t.Errorf("%s: %v", path, info.Mode())
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
