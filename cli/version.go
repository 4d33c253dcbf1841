package cli

import (
	"runtime"
	"runtime/debug"
	"strings"
)

type versionCommand struct{}

// build is what the program was built from.
type build struct {
	Version  string `json:"version"`            // of this module; "(devel)" from a clone
	Revision string `json:"revision,omitempty"` // of the source
	Go       string `json:"go"`
}

func (b build) print(p *page) {
	p.line("%s", strings.Join(strings.Fields("cofactor "+b.Version+" "+b.Revision+" "+b.Go), " "))
}

const modulePath = "github.com/cofactor-mfa/cofactor"

// built reads what the linker has noted. In a program of one's own this module is a dependency.
func built() build {
	b := build{Version: "unknown", Go: runtime.Version()}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	if info.Main.Path == modulePath {
		b.Version = info.Main.Version
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				b.Revision = s.Value
			}
		}
	}
	for _, d := range info.Deps {
		if d.Path == modulePath {
			b.Version = d.Version
		}
	}
	return b
}

// Run prints what the program was built from.
func (versionCommand) Run(s *session) error { return s.show(built()) }
