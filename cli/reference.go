package cli

import (
	"fmt"
	"strings"

	"github.com/alecthomas/kong"
)

// referenceCommand prints docs/reference/cli.md, so that the page says what the commands say.
type referenceCommand struct{}

const referenceTop = `# Commands

For operators, and for those who write scripts: every command of cofactor, its flags, and what it ends with. The page is made from the commands themselves:
` + "`go run ./cmd/cofactor __reference > docs/reference/cli.md`" + `.

What a command was asked for goes to standard output, and everything else to standard error. ` + "`--json`" + ` prints the result as JSON, and errors as
` + "`{\"error\": \"...\"}`" + `, for other programs; fields are added, never removed or renamed. Colours are for terminals only, and ` + "`NO_COLOR`" + ` switches them off. No secret is printed, but
where it is what the command is for: a recovery code.

| status | means |
|---|---|
| 0 | it was done, or the answer is yes |
| 1 | it could not be done, or the answer is no: a configuration has mistakes, a check fails, the schema is behind, rows do not open |
| 2 | the command line makes no sense, or a file that it names cannot be read; nothing was begun |
| 130 | Ctrl-C, or a request to end, came before it was done; what was done until then is good |

Commands that work on a deployment read its configuration: ` + "`--config FILE`" + `, several times if need be, or ` + "`COFACTOR_CONFIG`" + `, or ` + "`cofactor.yaml`" + ` in the working directory.
They need the same secrets as the program. Shells complete all of it: [completion](#cofactor-completion).
`

// Run prints the page.
func (referenceCommand) Run(s *session, k *kong.Kong) error {
	p := &page{w: s.out}
	p.line("%s", strings.TrimSuffix(referenceTop, "\n"))
	for _, leaf := range k.Model.Leaves(true) {
		describe(p, leaf)
	}
	return p.failed
}

func describe(p *page, n *kong.Node) {
	p.line("\n## %s\n\n%s", n.FullPath(), n.Help)
	if n.Detail != "" {
		p.line("\n%s", n.Detail)
	}
	p.line("\n```sh\n%s\n```", synopsis(n))
	var rows []string
	for _, v := range n.Positional {
		rows = append(rows, fmt.Sprintf("| `<%s>` | %s | |", v.Name, cell(v.Help)))
	}
	for up := n; up != nil && up.Parent != nil; up = up.Parent { // not those of the root
		for _, f := range up.Flags {
			rows = append(rows, row(f))
		}
	}
	if len(rows) > 0 {
		p.line("\n| argument | what it is | default |\n|---|---|---|\n%s", strings.Join(rows, "\n"))
	}
}

// synopsis is a command with what it needs.
func synopsis(n *kong.Node) string {
	words := []string{n.FullPath()}
	for _, f := range n.Flags {
		if f.Required {
			words = append(words, fmt.Sprintf("--%s=%s", f.Name, f.FormatPlaceHolder()))
		}
	}
	optional := false
	for _, f := range n.Flags {
		optional = optional || !f.Required && !f.Hidden
	}
	if optional {
		words = append(words, "[flags]")
	}
	for _, v := range n.Positional {
		word := "<" + v.Name + ">"
		if !v.Required {
			word = "[" + word + "]"
		}
		words = append(words, word)
	}
	return strings.Join(words, " ")
}

func row(f *kong.Flag) string {
	name := "--" + f.Name
	if f.Short != 0 {
		name = "-" + string(f.Short) + ", " + name
	}
	if !f.IsBool() {
		name += "=" + strings.Trim(f.FormatPlaceHolder(), `"`)
	}
	help := f.Help
	if len(f.Envs) > 0 {
		help += " Or `" + strings.Join(f.Envs, "`, `") + "`."
	}
	value := ""
	switch {
	case f.Required:
		value = "required"
	case f.Default != "":
		value = "`" + f.Default + "`"
	}
	return fmt.Sprintf("| `%s` | %s | %s |", name, cell(help), value)
}

// cell is text that a table can have.
func cell(text string) string { return strings.ReplaceAll(text, "|", `\|`) }
