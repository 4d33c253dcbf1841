package config

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/cofactor-mfa/cofactor/config/internal/tree"
	"github.com/cofactor-mfa/cofactor/provider"
)

// Factory makes providers of one type from their sections. FactoryFor makes one.
type Factory struct {
	name  string
	typ   reflect.Type
	build func(ctx context.Context, section reflect.Value, d Deps) (provider.MultiFactorProvider, error)
}

// FactoryFor is the factory of a type of providers: what stands under providers with this type, or under this name, is decoded into a T, strictly, and handed
// to build. Names are like those of kinds.
//
// T is a struct whose fields have tags: yaml, the name of the key; doc, a sentence; and where it applies default, required, enum, min, max and example. Fields
// are string, bool, int, time.Duration, Secret, URL, Path, or lists, maps and structs of those. A blank field's doc is about the whole: _ struct{} `doc:"..."`. A
// method Validate(*Report) of *T may say more.
//
// build neither connects nor starts anything: Load calls it as well, to find mistakes, and throws away what it made. An error in whose text Config.Field
// names a field is shown at the key of that name; At says so of any other.
func FactoryFor[T any](name string, build func(ctx context.Context, section T, d Deps) (provider.MultiFactorProvider, error)) Factory {
	return Factory{name: name, typ: reflect.TypeFor[T](), build: func(ctx context.Context, section reflect.Value, d Deps) (provider.MultiFactorProvider, error) {
		return build(ctx, section.Interface().(T), d) //nolint:errcheck // It was made of this type.
	}}
}

// Deps is what a provider is given beside its section.
type Deps struct {
	ID       string // of the instance: its name under providers
	Tenant   string // whose settings these are; "" for everybody's
	Site     Site
	Logger   *slog.Logger
	Terminal io.Writer // for what is printed instead of sent, if Allows("terminal_sender")
	Now      func() time.Time
	allowed  []string
	made     *made
}

// Allows says whether something insecure was allowed, by its name under allow_insecure.
func (d Deps) Allows(insecure string) bool { return slices.Contains(d.allowed, insecure) }

// OnClose has something closed when the deployment is.
func (d Deps) OnClose(do func(context.Context) error) {
	d.made.closers = append(d.made.closers, do)
}

// OnCheck names a question that an operator may ask, such as whether a mail server takes the password. It may use the network, and must not send anything to anybody.
func (d Deps) OnCheck(name string, do func(context.Context) error) {
	name = "providers." + d.ID + ": " + name
	if d.Tenant != "" {
		name = "tenants." + d.Tenant + "." + name
	}
	d.made.checks = append(d.made.checks, Check{Name: name, Run: do})
}

// made is what came with a provider.
type made struct {
	closers []func(context.Context) error
	checks  []Check
}

// factories are those of one call, by name.
type factories map[string]Factory

func newFactories(own []Factory) (factories, error) {
	fs := factories{}
	for _, f := range append(builtIn(), own...) {
		switch {
		case f.build == nil || f.typ.Kind() != reflect.Struct:
			return nil, fmt.Errorf("config: factory %q is not made by FactoryFor of a struct", f.name)
		case (provider.Info{Kind: f.name, Class: provider.Possession}).Validate() != nil:
			return nil, fmt.Errorf("config: the name of factory %.40q must match ^[a-z][a-z0-9-]{0,31}$", f.name)
		case fs[f.name].build != nil:
			return nil, fmt.Errorf("config: there are two factories named %q", f.name)
		}
		if faults := faultsOf(f.typ, f.name, map[reflect.Type]bool{}); len(faults) > 0 {
			return nil, fmt.Errorf("config: factory %s", strings.Join(faults, "; "))
		}
		fs[f.name] = f
	}
	return fs, nil
}

func (fs factories) names() []string { return slices.Sorted(maps.Keys(fs)) }

// instances are the providers of a configuration, by id. What an instance has beside its common keys depends on its type.
type instances map[string]instance

type instance struct {
	factory Factory
	section reflect.Value // of factory.typ
	node    *tree.Node
	fault   bool // the section has mistakes
}

// common is what every instance has.
type common struct {
	Type    string `yaml:"type" doc:"What the provider is. By default its name."`
	Enabled bool   `yaml:"enabled" doc:"Whether it is in use: false switches it off and keeps its settings." default:"true"`
}

var commonNames = names(keysOf(reflect.TypeFor[common]()))

// instances decodes the mapping of providers.
func (d *decoder) instances(n *tree.Node, v reflect.Value) {
	if n = d.composite(n); n == nil {
		return
	}
	if n.Null() || n.Kind == tree.Map && len(n.Fields) == 0 {
		d.fail(n, "has no provider", "known types: "+strings.Join(d.names(), ", "))
		return
	}
	if n.Kind != tree.Map {
		d.fail(n, "must be a mapping of providers, not a "+kindName(n), "")
		return
	}
	all := instances{}
	for _, f := range n.Fields {
		if strings.HasPrefix(f.Name, "x-") {
			continue
		}
		if one, ok := d.instance(f); ok {
			all[f.Name] = one
		}
	}
	v.Set(reflect.ValueOf(all))
}

func (d *decoder) instance(f tree.Field) (instance, bool) {
	n := d.composite(f.Value)
	if n == nil {
		return instance{}, false
	}
	if n.Null() {
		n = &tree.Node{Kind: tree.Map, Pos: n.Pos, Path: n.Path}
	}
	if n.Kind != tree.Map {
		d.fail(n, "must have keys of its own, not a "+kindName(n), "with nothing behind the colon it is on, as it is by default")
		return instance{}, false
	}
	if (provider.Info{Kind: f.Name, Class: provider.Possession}).Validate() != nil {
		d.add(Error, f.Pos, n.Path, "the name of a provider has small letters, digits and hyphens, at most 32", "")
		return instance{}, false
	}
	var c common
	before := d.errors()
	head, rest := *n, *n
	head.Fields, rest.Fields = nil, nil
	for _, field := range n.Fields {
		if slices.Contains(commonNames, field.Name) {
			head.Fields = append(head.Fields, field)
		} else {
			rest.Fields = append(rest.Fields, field)
		}
	}
	d.section(&head, reflect.ValueOf(&c).Elem())
	if d.errors() > before {
		return instance{}, false
	}
	at, path := f.Pos, n.Path
	if c.Type == "" {
		c.Type = f.Name
	} else {
		at, path = locate(n, "type")
	}
	factory, known := d.factories[c.Type]
	if !known {
		hint := "known types: " + strings.Join(d.names(), ", ") + "; one of your own is given to Load"
		if near := nearest(c.Type, d.names()); near != "" {
			hint = "did you mean " + near + "?"
		}
		d.add(Error, at, path, "unknown type of provider", hint)
		return instance{}, false
	}
	one := instance{factory: factory, node: &rest, section: reflect.New(factory.typ).Elem()}
	if rest.Fields == nil {
		rest.Pos = f.Pos
	}
	if !c.Enabled {
		d.idle++
		d.section(&rest, one.section)
		d.idle--
		return instance{}, false
	}
	d.section(&rest, one.section)
	one.fault = d.errors() > before
	return one, true
}
