package tree

import (
	"strings"
)

// Expand replaces ${NAME} and ${NAME:-default} in a text, once, and $${ by ${. Every other dollar stays. It returns the names that were looked up, and those
// that are missing: not set, and without a default. A ${ that does not end in a } is malformed.
func Expand(text string, lookup func(string) (string, bool)) (expanded string, names, missing []string, malformed bool) {
	var out strings.Builder
	for {
		before, rest, found := strings.Cut(text, "${")
		if !found {
			out.WriteString(text)
			return out.String(), names, missing, malformed
		}
		if strings.HasSuffix(before, "$") {
			out.WriteString(before + "{")
			text = rest
			continue
		}
		out.WriteString(before)
		inside, after, closed := strings.Cut(rest, "}")
		name, fallback, optional := strings.Cut(inside, ":-")
		if !closed || !Variable(name) {
			return "", names, missing, true
		}
		names = append(names, name)
		value, set := lookup(name)
		switch {
		case set && (value != "" || !optional): // As in a shell, ":-" is also for what is set to nothing.
			out.WriteString(value)
		case optional:
			out.WriteString(fallback)
		default:
			missing = append(missing, name)
		}
		text = after
	}
}

// Variable says whether a text can be the name of an environment variable.
func Variable(name string) bool {
	if name == "" || name[0] >= '0' && name[0] <= '9' {
		return false
	}
	return strings.Trim(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_") == ""
}
