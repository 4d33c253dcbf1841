package web

import (
	"errors"
	"fmt"
	"slices"

	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/provider/backup"
	"github.com/cofactor-mfa/cofactor/provider/email"
	"github.com/cofactor-mfa/cofactor/provider/sms"
	"github.com/cofactor-mfa/cofactor/provider/totp"
	"github.com/cofactor-mfa/cofactor/provider/webauthn"
)

// Kind is how the pages show one kind of factor. Its words are in the catalogue, under "kind.NAME.": name, about, add, added, title, use, label, hint, and what
// else docs/reference/html-pages-and-data.md lists; a word that is missing is made from the general one.
type Kind struct {
	// Name is the provider's: "totp".
	Name string
	// Icon is one of the drawings that the pages have: "passkey", "app", "phone", "mail", "codes", "key".
	Icon string
	// Rank orders kinds by strength, the strongest first: built-in kinds have 10 to 50, in tens. 0 is behind them all.
	Rank int
	// Field is what an answer is typed into.
	Field Field
	// Digits is how long a code is that has digits only: what has another length is sent back before it costs a try. 0 leaves that to the provider.
	Digits int
	// Sends says that beginning it sends or shows something, so that it is begun by a button and not by the answer.
	Sends bool
	// Input is what has to be known before it can be set up; nil if nothing has.
	Input *Input
	// Fragment is the name of a template that is drawn above the field, with the prompt's Public as its data.
	Fragment string
}

// Field is what an answer is typed into.
type Field uint8

// The fields.
const (
	Digits  Field = iota // decimal digits: the keys of a telephone
	Letters              // letters as well: the keys for digits would not do
	Script               // no field: a script answers. Only passkeys have one
)

// Input is a field for something that has to be known before a method can be set up.
type Input struct {
	Name         string // in what the provider is given: {"phone": "..."}
	Type         string // of the field: "tel", "email" or "text"
	Autocomplete string // "tel", "email"
}

// Kinds are those that the pages know by themselves.
func Kinds() []Kind {
	return []Kind{
		{Name: webauthn.Kind, Icon: "passkey", Rank: 10, Field: Script},
		{Name: totp.Kind, Icon: "app", Rank: 20, Digits: 6},
		{Name: sms.Kind, Icon: "phone", Rank: 30, Digits: 6, Sends: true, Input: &Input{Name: "phone", Type: "tel", Autocomplete: "tel"}},
		{Name: email.Kind, Icon: "mail", Rank: 40, Digits: 6, Sends: true, Input: &Input{Name: "email", Type: "email", Autocomplete: "email"}},
		{Name: backup.Kind, Icon: "codes", Rank: 50, Field: Letters},
		{Name: backup.KindIssued, Icon: "codes", Rank: 60, Field: Letters},
	}
}

// kinds are the descriptions of all kinds of the configured registries, by name.
type kinds map[string]Kind

func newKinds(own []Kind) (kinds, error) {
	all := kinds{}
	for _, k := range Kinds() {
		all[k.Name] = k
	}
	var faults []error
	seen := map[string]bool{}
	for _, k := range own {
		switch {
		case k.Name == "":
			faults = append(faults, errors.New("web: a Kind without a Name"))
		case seen[k.Name]:
			faults = append(faults, fmt.Errorf("web: kind %q is described twice", k.Name))
		case k.Field > Script, k.Field == Script && k.Name != webauthn.Kind:
			faults = append(faults, fmt.Errorf("web: kind %q: a Field that there is not; only passkeys are answered by a script", k.Name))
		case k.Digits != 0 && (k.Digits < 4 || k.Digits > 12):
			faults = append(faults, fmt.Errorf("web: kind %q: Digits %d is not 0 or 4 to 12", k.Name, k.Digits))
		case k.Input != nil && (k.Input.Name == "" || !slices.Contains([]string{"tel", "email", "text"}, k.Input.Type)):
			faults = append(faults, fmt.Errorf(`web: kind %q: its Input needs a Name, and a Type "tel", "email" or "text"`, k.Name))
		case k.Icon != "" && icons[k.Icon] == "":
			faults = append(faults, fmt.Errorf("web: kind %q: there is no icon %q", k.Name, k.Icon))
		}
		seen[k.Name] = true
		all[k.Name] = k
	}
	return all, errors.Join(faults...)
}

// of describes a kind. One that nobody has described is begun by a button, and answered by a code of letters: that fits the most.
func (all kinds) of(name string) Kind {
	if k, ok := all[name]; ok {
		return k
	}
	return Kind{Name: name, Icon: "key", Field: Letters, Sends: true}
}

// rank orders kinds by strength; those without a rank come last.
func (all kinds) rank(name string) int {
	if r := all.of(name).Rank; r != 0 {
		return r
	}
	return 1000
}

// typed says that the answer may be typed before the challenge is begun, for nothing is sent or shown.
func (k Kind) typed() bool { return !k.Sends && k.Field != Script }

// offered are the kinds that people may set up, the strongest first.
func (all kinds) offered(infos []provider.Info) []Kind {
	var list []Kind
	for _, info := range infos {
		if info.Role == provider.Ordinary {
			list = append(list, all.of(info.Kind))
		}
	}
	slices.SortStableFunc(list, func(a, b Kind) int { return all.rank(a.Name) - all.rank(b.Name) })
	return list
}
