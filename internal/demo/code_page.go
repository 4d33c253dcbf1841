package demo

import (
	"context"
	"net/http"
	"slices"

	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/provider/totp"
	"github.com/cofactor-mfa/cofactor/provider/webauthn"
	"github.com/cofactor-mfa/cofactor/registry"
)

// This file is the page that asks, for every kind.

// asking is what the page shows.
type asking struct {
	Path   string // where its forms go
	Lead   string
	Action string // what is being confirmed, in the words that the answer is good for
	Field  codeField
	Live   bool // the challenge can still be answered
	Again  string
	Factor string
	Sent   sent
	// Passkey is there instead of a field, if that is what is asked for.
	Passkey *passkeyForm
	Others  []other
	// Stuck says that people who have none of their methods at hand are told to sign in by backup code.
	Stuck bool
	Back  string
	Trust bool // the browser need not be asked again, if the person says so
}

// codeField is the field for a code, on every page that has one.
type codeField struct {
	Challenge, Label, Hint, Error string
	Wrong                         bool // the error is about what was typed
	Letters                       bool // what is typed has letters, so the keys for digits would not do
	Focus                         bool // it is what the page is about: where there is more to see, the page would scroll past that
}

// other is another method that would do.
type other struct{ Factor, Use string }

// sent is what a page says of a message. Its zero value says that there is none.
type sent struct {
	Text  string
	Again int // in how many seconds another may be asked for
}

// sent says where the message of a challenge went.
func (d *Demo) sent(ch registry.Challenge) sent {
	to := sentTo(ch.Public)
	if to == "" {
		return sent{}
	}
	m, _ := methodOf(ch.Kind)
	return sent{Text: "We sent " + m.Message + " to " + to + ". It can take a minute.", Again: seconds(ch.ResendAt.Sub(d.now()))}
}

// sentAgain is what a page says after that.
func sentAgain(r *http.Request) string {
	if r.URL.Query().Get("sent") == "again" && r.Method == http.MethodGet {
		return "We sent the same code again. An earlier message is as good."
	}
	return ""
}

// showCode shows the page for a challenge, or that it is over.
func (d *Demo) showCode(w http.ResponseWriter, r *http.Request, s *session, b begun, status int, problem string) {
	choices, err := d.choices(r.Context(), s, b)
	if err != nil {
		d.startAgain(w, statusOf(err), d.sentence(err))
		return
	}
	var ch registry.Challenge
	if b.unsent {
		err = registry.ErrResendWait
	} else if ch, err = d.reg.Resume(r.Context(), registry.Again{Who: s.who(), Challenge: b.challenge}); err != nil && problem == "" {
		status, problem = statusOf(err), d.sentence(err)
	}
	body := asking{Path: b.purpose.page(), Live: err == nil && ch.AttemptsLeft > 0, Again: "Start again", Factor: b.factor, Sent: d.sent(ch)}
	body.Field = codeField{Challenge: b.challenge, Error: problem, Wrong: status == http.StatusUnprocessableEntity, Letters: isRecovery(b.kind), Focus: true}
	if b.unsent {
		body.Again = "Send a code"
	}
	body.Trust = b.purpose == signIn && !isRecovery(b.kind)
	title, what := "Enter your code", "Enter a code"
	if b.kind == webauthn.Kind {
		title, what = "Use your passkey", "Use your passkey"
		body.Passkey = &passkeyForm{body.Path, b.challenge, "get", asJSON(ch.Public), problem, "Use your passkey", body.Trust}
	}
	passkeys := b.kind == webauthn.Kind // Any of them answers the one question.
	for _, c := range choices {
		switch isPasskey := c.Kind == webauthn.Kind; {
		case c.Factor == b.factor:
			body.Field.Label, body.Field.Hint = fieldFor(c)
		case !isPasskey || !passkeys:
			passkeys = passkeys || isPasskey
			body.Others = append(body.Others, other{c.Factor, use(c)})
		}
	}
	if b.purpose == confirm {
		title, body.Stuck, body.Back = "Confirm it's you", true, "/security"
		body.Lead = what + " " + asks(b.wants) + "."
		if body.Action = b.wants.action; body.Action != "" {
			body.Lead, body.Back = what+" for this. It is good for nothing else:", "/"+b.wants.op
		}
	}
	if body.Live && b.kind == totp.Kind {
		d.phone.ask(s.user.Name, b.factor)
	}
	d.show(w, s, status, "code", page{Title: title, Error: problem, Done: sentAgain(r), Script: body.Passkey != nil, Body: body})
}

// choices are the methods that would do: all that help a login on, in the registry's order; or those that can confirm a change, the strongest first, for it takes
// that to remove one.
func (d *Demo) choices(ctx context.Context, s *session, b begun) ([]registry.Choice, error) {
	if b.purpose == signIn {
		login, err := d.reg.Look(ctx, registry.Peek{Who: s.who(), Pending: b.pending})
		return login.Choices, err
	}
	attached, err := d.reg.Factors(ctx, s.who())
	var list []registry.Choice
	for _, f := range attached {
		if f.Role == provider.Ordinary && f.Usable {
			list = append(list, registry.Choice{Factor: f.ID, Kind: f.Kind, Label: f.Label, Hint: f.Hint, LastUsed: f.LastUsed, Default: f.Default})
		}
	}
	slices.SortStableFunc(list, func(a, b registry.Choice) int {
		if by := rank(a.Kind) - rank(b.Kind); by != 0 {
			return by
		}
		return b.LastUsed.Compare(a.LastUsed)
	})
	return list, err
}
