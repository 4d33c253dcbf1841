package cli

import (
	"embed"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

//go:embed completion
var completionScripts embed.FS

type completionCommand struct {
	Shell string `arg:"" enum:"bash,zsh,fish" help:"bash, zsh or fish."`
}

// Help says what to do with it.
func (completionCommand) Help() string {
	return "bash: source <(cofactor completion bash). zsh: source <(cofactor completion zsh), after compinit. fish: cofactor completion fish | source."
}

// script is what a shell sources.
type script struct {
	Shell  string `json:"shell"`
	Script string `json:"script"`
}

func (s script) print(p *page) { p.line("%s", strings.TrimSuffix(s.Script, "\n")) }

// Run prints the script.
func (c completionCommand) Run(s *session) error {
	b, err := completionScripts.ReadFile("completion/cofactor." + c.Shell)
	if err != nil {
		return err
	}
	return s.show(script{c.Shell, string(b)})
}

// completeCommand is what the scripts call, so that what there is to complete is said once, by the commands themselves.
type completeCommand struct {
	Words []string `arg:"" optional:"" help:"The words after cofactor, the last one unfinished."`
}

// Run prints what the last word may become, a line each. Nothing means the name of a file.
func (c completeCommand) Run(s *session, k *kong.Kong) error {
	p := &page{w: s.out}
	for _, word := range complete(k.Model.Node, c.Words) {
		p.line("%s", word)
	}
	return p.failed
}

// complete walks down the commands that are named, and lists what fits behind them.
func complete(at *kong.Node, words []string) []string {
	if len(words) == 0 {
		words = []string{""}
	}
	last := words[len(words)-1]
	args := 0
	var expects *kong.Value // the flag whose value comes next
	for _, word := range words[:len(words)-1] {
		switch child := childOf(at, word); {
		case expects != nil:
			expects = nil
		case strings.HasPrefix(word, "-"):
			expects = valueOf(at, word)
		case child != nil:
			at = child
		default:
			args++
		}
	}
	var found []string
	offer := func(words ...string) {
		for _, w := range words {
			if w != "" && strings.HasPrefix(w, last) {
				found = append(found, w)
			}
		}
	}
	switch {
	case expects != nil:
		offer(expects.EnumSlice()...)
	case strings.HasPrefix(last, "-"):
		for _, group := range at.AllFlags(true) {
			for _, f := range group {
				offer("--" + f.Name)
			}
		}
	default:
		for _, c := range at.Children {
			if !c.Hidden {
				offer(c.Name)
			}
		}
		if args < len(at.Positional) {
			offer(at.Positional[args].EnumSlice()...)
		}
	}
	slices.Sort(found)
	return found
}

func childOf(at *kong.Node, name string) *kong.Node {
	for _, c := range at.Children {
		if c.Name == name {
			return c
		}
	}
	return nil
}

// valueOf is the flag that a word names, if its value is the next word.
func valueOf(at *kong.Node, word string) *kong.Value {
	for _, group := range at.AllFlags(false) {
		for _, f := range group {
			if "--"+f.Name == word && !f.IsBool() {
				return f.Value
			}
		}
	}
	return nil
}
