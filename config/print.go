package config

import (
	"cmp"
	"fmt"
	"io"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/cofactor-mfa/cofactor/config/internal/tree"
)

// Value is one key of a configuration with what it came to.
type Value struct {
	Path   string `json:"path"`
	Text   string `json:"value"`  // as YAML; [secret] for what is one
	Origin string `json:"origin"` // "default", "cofactor.yaml:7:3", "env COFACTOR__A__B": never the value itself
}

// note remembers the value of a scalar.
func (d *decoder) note(n *tree.Node, v reflect.Value, s source, secret bool) {
	if d.mute {
		return
	}
	value := Value{Path: n.Path, Origin: s.origin}
	switch x := v.Interface().(type) {
	case Secret:
		value.Text = hidden
	case URL:
		value.Text = quote(x.shown())
	case time.Duration:
		value.Text = formatDuration(x)
	case int, bool:
		value.Text = fmt.Sprint(x)
	default:
		value.Text = quote(v.String())
	}
	if secret {
		value.Text = cmp.Or(strings.TrimPrefix(value.Text, `""`), hidden)
	}
	d.values = append(d.values, value)
}

// quote writes text so that YAML reads it as text.
func quote(s string) string {
	plain := s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./@") == ""
	if plain && strings.Trim(s[:1], "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ/") == "" && !word[strings.ToLower(s)] {
		return s
	}
	return strconv.Quote(s)
}

// word are those that are no text in one version of YAML or another.
var word = map[string]bool{"true": true, "false": true, "yes": true, "no": true, "on": true, "off": true, "y": true, "n": true, "null": true}

// Values are all keys that are in use, defaults among them, in the order of the reference.
func (c *Config) Values() []Value { return append([]Value(nil), c.values...) }

// Print writes every key that is in use with its value, and behind a # where it came from. Secrets are not in it.
func (c *Config) Print(w io.Writer) error {
	width := 0
	for _, v := range c.values {
		width = max(width, len(v.Path)+2+len(v.Text))
	}
	width = min(width, 60)
	var b strings.Builder
	for _, v := range c.values {
		fmt.Fprintf(&b, "%-*s  # %s\n", width, v.Path+": "+v.Text, v.Origin)
	}
	_, err := io.WriteString(w, b.String())
	return err
}
