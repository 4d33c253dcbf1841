package email

import (
	"strings"

	"github.com/cofactor-mfa/cofactor/catalogue"
	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/provider/sentcode/message"
)

// text is a message: its subject, and paragraphs with empty lines between. What people copy, the code, addresses, stands on a line of its own, where no words of the
// catalogue can touch it.
func text(l catalogue.Locale, f message.Facts) string {
	w := words{l: l, f: f}
	w.add(w.of("subject"))
	if f.Code != "" {
		w.code()
	} else {
		w.notice()
	}
	return strings.Join(w.paragraphs, "\n\n")
}

// words puts a message together.
type words struct {
	l          catalogue.Locale
	f          message.Facts
	paragraphs []string
}

func (w *words) add(paragraphs ...string) { w.paragraphs = append(w.paragraphs, paragraphs...) }

// of is a text of this message, and common one of all messages.
func (w *words) of(name string) string { return w.common(w.f.Name + "." + name) }

func (w *words) common(name string) string { return w.l.Text("mail."+name, w.args()) }

func (w *words) args() catalogue.Args {
	return catalogue.Args{"app": w.f.App, "date": catalogue.Date(w.f.At), "time": catalogue.Clock(w.f.At)}
}

func (w *words) code() {
	if w.f.Action != "" {
		w.add(w.of("action"), w.l.Isolate(w.f.Action), w.of("action-code"))
	} else {
		w.add(w.of("code"))
	}
	w.add(w.f.Code)
	expiry := w.l.Text("mail.expiry", catalogue.Args{"n": w.f.Minutes, "time": catalogue.Clock(w.f.Expires)})
	if w.f.Name == message.SignIn {
		expiry = w.l.Text("mail.sign-in.enter", catalogue.Args{"expiry": catalogue.Words(expiry)})
	}
	w.add(expiry)
	if w.f.Name == message.SetUp {
		w.add(w.of("not-you"))
	} else {
		w.account("mail." + w.f.Name + ".not-you")
	}
	w.add(w.common("never"))
}

func (w *words) notice() {
	w.add(w.of("text"))
	byAdministrator := w.f.Name == provider.NoticeRecoveryIssued || w.f.Name == provider.NoticeReset // these are about no method in particular
	if w.f.Kind != "" && !byAdministrator {
		w.add(w.l.Text("mail.method", catalogue.Args{"method": catalogue.Words(w.method())}))
	}
	w.add(w.common("when"))
	if w.f.Address != "" {
		w.add(w.common("from") + "\n" + w.f.Address)
	}
	if w.f.Agent != "" {
		w.add(w.common("with") + "\n" + w.f.Agent)
	}
	w.account("mail.end")
}

// method names a factor: its kind, what its owner calls it, and its hint.
func (w *words) method() string {
	method := w.common("kind." + kind(w.f.Kind))
	if w.f.Label != "" {
		method = w.l.Text("mail.named", catalogue.Args{"method": catalogue.Words(method), "label": w.f.Label})
	}
	if w.f.Hint != "" {
		method = w.l.Text("mail.hinted", catalogue.Args{"method": catalogue.Words(method), "hint": w.f.Hint})
	}
	return method
}

// kind is the name of a kind's text. A kind that has none is another method.
func kind(k string) string {
	switch k {
	case "totp", "email", "sms", "webauthn", "backup", "device":
		return k
	}
	return "another"
}

// account ends a text with where to go, if the deployment says where that is.
func (w *words) account(id string) {
	if w.f.Account == "" {
		w.add(w.l.Text(id, w.args()))
	} else {
		w.add(w.l.Text(id+"-account", w.args()), w.f.Account)
	}
}
