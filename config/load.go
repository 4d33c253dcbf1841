package config

import (
	"encoding/base64"
	"fmt"
	"log/slog"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/cofactor-mfa/cofactor/catalogue"
	"github.com/cofactor-mfa/cofactor/config/internal/tree"
	"github.com/cofactor-mfa/cofactor/keyset"
)

// Source is where a configuration is.
type Source struct {
	// Text is YAML that the program brings along, below all files. Messages call it "built in".
	Text string `json:"-"`
	// Files are YAML, in the order in which they count: of two that have the same key, the later one wins. Mappings are joined, lists are replaced. Without any
	// the environment must say everything.
	Files []string
	// Environ is the environment, as os.Environ returns it: the variables that ${NAME} stands for, and those that set keys, COFACTOR__PROVIDERS__TOTP__ISSUER.
	Environ []string `json:"-"`
}

// Format keeps the environment and the text, which may have secrets in them, out of whatever prints a source.
func (s Source) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "source(files %q, %d bytes built in, %d variables)", s.Files, len(s.Text), len(s.Environ))
}

// LogValue is the same, for logs that are JSON.
func (s Source) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(s)) }

// Config is a configuration without a mistake. It is immutable, and has connected to nothing: Open does.
type Config struct {
	deployment *deployment
	factories
	warnings []Problem
	values   []Value
	keyset   *keyset.Keyset // nil: ephemeral
	pepper   []byte
	keysFile Path
}

// Format keeps the pepper out of whatever prints a configuration, or a copy of one. Values are what may be seen of it.
func (c Config) Format(f fmt.State, _ rune) {
	mode := ""
	if c.deployment != nil {
		mode = c.deployment.Mode
	}
	fmt.Fprintf(f, "configuration(mode %s, %d values)", mode, len(c.values))
}

// Load reads a configuration, with the types of providers that are built in and those that are given, and reports every mistake that can be found without a
// network. It reads files, and neither connects nor starts anything: Open does. Its error is *Problems if the configuration is to blame.
func Load(src Source, own ...Factory) (*Config, error) {
	known, err := newFactories(own)
	if err != nil {
		return nil, err
	}
	d := newDecoder(known, src.Environ)
	c := &Config{deployment: &deployment{}, factories: known}
	if root, ok := d.sources(src); ok {
		d.configuration(c, root)
	}
	list := sorted(d.problems)
	if d.errors() > 0 {
		return nil, &Problems{List: list}
	}
	c.warnings, c.values = list, d.values
	return c, nil
}

func newDecoder(known factories, environ []string) *decoder {
	return &decoder{factories: known, orders: map[string]int{}, meant: map[string]bool{}, catalogues: map[string]*catalogue.Catalogue{}, lookup: func(name string) (string, bool) {
		for i := len(environ) - 1; i >= 0; i-- {
			if text, ok := strings.CutPrefix(environ[i], name+"="); ok {
				return text, true
			}
		}
		return "", false
	}}
}

// Warnings are what should be mended, and keeps nothing from starting.
func (c *Config) Warnings() *Problems { return &Problems{List: slices.Clone(c.warnings)} }

// sources puts files and variables together. It returns false if one of them cannot be read: what it would have said is then not missing anywhere.
func (d *decoder) sources(src Source) (*tree.Node, bool) {
	root, ok := &tree.Node{Kind: tree.Map}, true
	names := src.Files
	if src.Text != "" {
		names = slices.Concat([]string{"built in"}, src.Files)
	}
	for i, name := range names {
		d.orders[name] = i
	}
	for i, name := range names {
		read := tree.Read
		if i == 0 && src.Text != "" {
			read = func(name string) (*tree.Node, []tree.Fault) { return tree.Parse(name, []byte(src.Text)) }
		}
		n, faults := read(name)
		for _, f := range faults {
			d.add(Error, f.Pos, f.Path, f.Message, f.Hint)
			d.problems[len(d.problems)-1].err = f.Err
		}
		switch {
		case n == nil || n.Kind != tree.Map && !n.Null():
			if n != nil {
				d.fail(n, "must be keys and values, such as version: 1", "")
			}
			ok = false
		case root.Pos == (tree.Pos{}):
			root = n
		default:
			root = merge(root, n)
		}
	}
	if !ok {
		return nil, false
	}
	if root.Null() {
		root = &tree.Node{Kind: tree.Map, Pos: root.Pos}
	}
	return d.environment(root, src.Environ), true
}

// merge puts one source over another. A policy that asks for something takes the place of the one below it: two things asked for would be another rule than
// either file has. One that only narrows is added, also to a policy that is a word.
func merge(base, over *tree.Node) *tree.Node {
	above, below := over.Get("policy"), base.Get("policy")
	if above == nil || below == nil {
		return tree.Merge(base, over)
	}
	rest := base.Without(func(name string) bool { return name == "policy" })
	if above.Kind != tree.Map || slices.ContainsFunc(above.Fields, func(f tree.Field) bool { return slices.Contains(asking, f.Name) }) {
		return tree.Merge(rest, over)
	}
	if below.Kind == tree.Scalar {
		below = &tree.Node{Kind: tree.Map, Pos: below.Pos, Path: below.Path, Fields: []tree.Field{{Name: "require", Pos: below.Pos, Value: below.Moved("policy.require")}}}
	}
	rest.Fields = append(rest.Fields, tree.Field{Name: "policy", Pos: below.Pos, Value: below})
	return tree.Merge(rest, over)
}

// configuration decodes and checks all of it.
func (d *decoder) configuration(c *Config, root *tree.Node) {
	base := root.Without(func(name string) bool { return name == "tenants" })
	d.value(base, reflect.ValueOf(c.deployment).Elem(), key{})
	d.insecure(c.deployment, root)
	d.keys(c, root)
	d.settings(c, &scope{settings: &c.deployment.settings, node: base})
	d.tenants(c, root, base)
	d.literals(c.deployment)
}

// shared are the keys that a tenant has from the deployment, and cannot change.
func shared(name string) bool {
	return slices.Contains([]string{"version", "mode", "allow_insecure", "keys", "challenges", "factors", "events", "tenants"}, name)
}

// tenants decodes the settings of tenants: those of everybody with theirs on top.
func (d *decoder) tenants(c *Config, root, base *tree.Node) {
	all := root.Get("tenants")
	if all = d.mapping(all); all == nil {
		return
	}
	c.deployment.Tenants = map[string]settings{}
	common := base.Without(shared)
	for _, f := range all.Fields {
		if strings.HasPrefix(f.Name, "x-") {
			continue
		}
		over := d.mapping(f.Value)
		if over == nil {
			continue
		}
		var own settings
		before := d.problems
		d.problems = nil
		d.mute = true // Of what a tenant has, only its own is worth printing.
		merged := merge(common, over)
		d.value(merged, reflect.ValueOf(&own).Elem(), key{})
		d.settings(c, &scope{tenant: f.Name, settings: &own, node: merged})
		d.mute = false
		d.problems = append(before, fresh(before, d.problems, "tenants."+f.Name+".")...)
		c.deployment.Tenants[f.Name] = own
	}
}

// fresh are the problems of a tenant that everybody does not have as well.
func fresh(before, own []Problem, prefix string) (list []Problem) {
	for _, p := range own {
		path := strings.TrimPrefix(p.Path, prefix)
		known := slices.ContainsFunc(before, func(b Problem) bool { return b.Path == path && b.Message == p.Message })
		if !known {
			list = append(list, p)
		}
	}
	return list
}

// mapping is a node with names, or nil after a fault.
func (d *decoder) mapping(n *tree.Node) *tree.Node {
	if n == nil || n.Null() {
		return nil
	}
	if n = d.composite(n); n != nil && n.Kind != tree.Map {
		d.fail(n, "must be a mapping of names to settings, not a "+kindName(n), "")
		return nil
	}
	return n
}

// keys reads the keyset and the pepper.
func (d *decoder) keys(c *Config, root *tree.Node) {
	report := &Report{d: d, node: root}
	k := c.deployment.Keys
	ephemeral := slices.Contains(c.deployment.AllowInsecure, ephemeralKeys)
	if k.Keyset == "" && !ephemeral {
		report.Error("keys.keyset", "required key is missing", "cofactor keys new makes one; it is the same for all replicas, and without it nothing that was sealed opens again")
	}
	if k.Keyset != "" {
		set, err := keyset.New(keyset.Config{Keyset: keyset.JSON(k.Keyset)})
		switch {
		case err != nil: // The library may quote what it could not read.
			report.Error("keys.keyset", "is not a Tink keyset of AES-256-GCM keys in JSON, unencrypted", "cofactor keys new makes one")
		case slices.Contains(set.IDs(), samplePrimary):
			report.Error("keys.keyset", "is one that everybody knows, from an example", "cofactor keys new makes one")
		}
		c.keyset = set
	}
	if n := root.Get("keys").Get("keyset"); n != nil {
		if f := n.Get("file"); f != nil && f.Kind == tree.Scalar && !strings.Contains(f.Text, "${") {
			c.keysFile = inFolderOf(f.Pos, f.Text)
		} else if n.Kind == tree.File {
			c.keysFile = Path(n.Text)
		}
	}
	if k.Pepper != "" {
		pepper, err := base64.StdEncoding.DecodeString(string(k.Pepper))
		different := map[byte]bool{}
		for _, b := range pepper {
			different[b] = true
		}
		if err != nil || len(pepper) < 32 || len(different) < 12 {
			report.Error("keys.pepper", "must be at least 32 random bytes in base64", "cofactor keys pepper makes one")
		}
		c.pepper = pepper
	}
}

// samplePrimary is a key of the keyset that this project's own tests have, for everybody to read.
const samplePrimary = 3375674815

// KeysetFile is the file that keys.keyset names, or "" if it comes from elsewhere: what rotating writes.
func (c *Config) KeysetFile() string { return string(c.keysFile) }

// Tenants are those that have settings of their own.
func (c *Config) Tenants() []string { return slices.Sorted(maps.Keys(c.deployment.Tenants)) }
