package demo

import (
	"encoding/json"
	"slices"

	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/provider/backup"
	"github.com/cofactor-mfa/cofactor/provider/email"
	"github.com/cofactor-mfa/cofactor/provider/sentcode"
	"github.com/cofactor-mfa/cofactor/provider/sms"
	"github.com/cofactor-mfa/cofactor/provider/totp"
	"github.com/cofactor-mfa/cofactor/provider/webauthn"
	"github.com/cofactor-mfa/cofactor/registry"
)

// method is how pages speak of one kind. What it does is its provider's business; a kind that is not here is not offered.
type method struct {
	Kind    string
	Name    string // "Authenticator app"
	About   string // what it is, and how long it takes
	Add     string // on the button that begins to set it up
	Title   string // of the page that sets it up
	Move    string // on the button that swaps it for another of its kind; none if that is not offered
	Moved   string // when that is done
	Added   string // when it is set up
	Use     string // on the button that asks for it instead of another, before the address it goes to
	Message string // what is sent
	Asks    *input // what has to be known before it can be set up
}

// input is a field for that.
type input struct {
	Name   string // in what the provider is given
	Type   string // of the field, and its autocomplete
	Label  string
	Hint   string
	Wanted string // "Enter …."
	Wrong  string // on the button that goes back to mend it
}

// methods are what a person may set up, strongest first: that is the order in which they are offered.
func methods() []method {
	return []method{
		{
			Kind: webauthn.Kind, Name: "Passkey", About: "Your fingerprint, face or screen lock, on this device or on a phone beside it. Takes under a minute.",
			Add: "Add a passkey", Title: "Add a passkey", Added: "Your passkey is added. You can sign in with nothing else.",
		},
		{
			Kind: totp.Kind, Name: "Authenticator app", About: "An app on your phone or computer shows a new code every 30 seconds. Takes about two minutes.",
			Add: "Set up an authenticator app", Title: "Set up an authenticator app", Added: "Your authenticator app is set up.",
			Move: "Move to a new phone", Moved: "Your new app is set up. The old one no longer works.",
		},
		{
			Kind: sms.Kind, Name: "Text message", About: "A code comes to your phone. Less secure than the methods above: use it as a spare.",
			Add: "Add a phone number", Title: "Add a phone number", Added: "Your phone number is added.",
			Move: "Change the number", Moved: "Your new number is set up. The old one gets no more codes.",
			Use: "Text a code to", Message: "a text message",
			Asks: &input{
				Name: "phone", Type: "tel", Label: "Phone number", Hint: "Include the country code, for example +44 7700 900123.",
				Wanted: "a phone number", Wrong: "Wrong number? Change it",
			},
		},
		{
			Kind: email.Kind, Name: "E-mail", About: "A code comes to your mailbox. Only as safe as the mailbox is: use it as a spare.",
			Add: "Add an e-mail address", Title: "Add an e-mail address", Added: "Your e-mail address is added.",
			Move: "Change the address", Moved: "Your new address is set up. The old one gets no more codes.",
			Use: "E-mail a code to", Message: "an e-mail",
			Asks: &input{
				Name: "email", Type: "email", Label: "E-mail address", Hint: "For example alice@example.com. It need not exist.",
				Wanted: "an e-mail address", Wrong: "Wrong address? Change it",
			},
		},
	}
}

// methodOf is the method of a kind. Backup codes have pages of their own, and are not in the list.
func methodOf(kind string) (method, bool) {
	for _, m := range methods() {
		if m.Kind == kind {
			return m, true
		}
	}
	return method{Kind: backup.Kind, Name: "Backup codes"}, kind == backup.Kind
}

// isRecovery says that a kind is a way back, for who has lost their methods.
func isRecovery(kind string) bool { return kind == backup.Kind || kind == backup.KindIssued }

// offered are the methods that this demo's registry knows.
func (d *Demo) offered() []method {
	var list []method
	for _, m := range methods() {
		if d.info(m.Kind).Kind != "" {
			list = append(list, m)
		}
	}
	return list
}

// rank orders kinds by strength.
func rank(kind string) int {
	return slices.IndexFunc(methods(), func(m method) bool { return m.Kind == kind })
}

// sentTo is where a prompt says that its message went, masked.
func sentTo(public any) string {
	shown, _ := public.(sentcode.Shown)
	return shown.SentTo
}

// info describes a kind, if the registry knows it.
func (d *Demo) info(kind string) provider.Info {
	for _, info := range d.reg.Kinds() {
		if info.Kind == kind {
			return info
		}
	}
	return provider.Info{}
}

// enrolment is what the registry is asked for, to add a method or to put one in another's place.
func (c change) enrolment() registry.Enrol {
	e := registry.Enrol{Kind: c.kind, Replaces: c.factor}
	if m, _ := methodOf(c.kind); m.Asks != nil {
		e.Input, _ = json.Marshal(map[string]string{m.Asks.Name: c.input}) // A map of strings always encodes.
	}
	return e
}
