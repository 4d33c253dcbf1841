package demo_test

import (
	"regexp"
	"strings"
	"testing"
	"time"
)

// channels are the kinds whose codes are sent: what to type, where the page says it went, and what a message begins with in the terminal.
var channels = map[string]struct{ kind, address, shown, bad, told, message string }{
	"text message": {"sms", "+44 7700 900123", "We sent a text message to +44 ···· 23.", "900123", "Check the number. Include the country code", "To: +447700900123\n"},
	"e-mail":       {"email", "alice-123@example.com", "We sent an e-mail to a•••3@example.com.", "alice", "Enter one e-mail address", "To: alice-123@example.com\n  │ Subject: "},
}

// codeSent is the code of the newest message.
func (w *world) codeSent() string {
	w.t.Helper()
	all := regexp.MustCompile(`(?m)^  │ (\d{6})\b`).FindAllStringSubmatch(w.terminal.String(), -1)
	if len(all) == 0 {
		w.t.Fatalf("the terminal shows no code:\n%s", w.terminal)
	}
	return all[len(all)-1][1]
}

func (w *world) messages() int {
	return strings.Count(w.terminal.String(), "  │ To: ")
}

func TestACodeThatIsSentIsSetUpAndSignsIn(t *testing.T) {
	t.Parallel()
	for name, c := range channels {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			b := w.browser()
			b.signIn()
			p := b.get("/security/add?kind=" + c.kind)
			field := p.find(`(<input id="input"[^>]*>)`)
			if !strings.Contains(field, `type="`) || strings.Contains(field, `type="text"`) {
				t.Errorf("the keys that the field brings are those for words: %s", field)
			}
			b.post("/security/change", "op", "add", "kind", c.kind, "input", " ").wants(422, "Error: "+p.find(`<h1>([^<]*)</h1>`), "Enter a")
			p = b.post("/security/change", "op", "add", "kind", c.kind, "input", c.bad).wants(400, "Error: "+p.find(`<h1>([^<]*)</h1>`), c.told)
			if !strings.Contains(p.body, `value="`+c.bad+`"`) {
				t.Error("what was typed is gone, and has to be typed again")
			}
			if w.messages() != 0 {
				t.Errorf("a message was sent to nobody:\n%s", w.terminal)
			}
			p = b.post("/security/change", "op", "add", "kind", c.kind, "input", c.address)
			p.wants(200, p.find(`<h1>([^<]*)</h1>`), c.shown, "It can take a minute.", "The message is in the terminal")
			if !strings.Contains(w.terminal.String(), "  │ "+c.message) {
				t.Errorf("the terminal does not say who got the message:\n%s", w.terminal)
			}
			b.get("/security/setup")
			b.post("/security/change", "op", "add", "kind", c.kind, "input", c.address) // goes on with the same code
			if n := w.messages(); n != 1 {
				t.Errorf("%d messages, want 1: a reload must not send", n)
			}
			if again := b.get("/security/add?kind=" + c.kind); !strings.Contains(again.body, `value="`+strings.ReplaceAll(c.address, "+", "&#43;")+`"`) {
				t.Error("the way back to a wrong address has lost it")
			}
			b.answer(p, "000000").wants(422, "Error: "+p.find(`<h1>([^<]*)</h1>`), "That code isn't right.")
			p = b.answer(p, w.codeSent()).wants(200, "Save your backup codes")
			b.post("/security/setup/cancel", "challenge", p.challenge()).wants(200, "Sign-in security", "Two-step verification is on.")

			b.signOut()
			w.pass(time.Minute)
			p = b.signIn().wants(200, "Enter your code", c.shown)
			b.answer(p, w.codeSent()).wants(200, "Sign-in security")
		})
	}
}

func TestAMessageIsSentAgainWithTheSameCode(t *testing.T) {
	t.Parallel()
	for name, c := range channels {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			b := w.browser()
			b.signIn()
			p := b.post("/security/change", "op", "add", "kind", c.kind, "input", c.address)
			title := p.find(`<h1>([^<]*)</h1>`)
			p.wants(200, title, "You can in 30 seconds.")
			code := w.codeSent()
			again := p.find(`action="([^"]*/resend)"`)
			refused := b.post(again, "challenge", p.challenge()).wants(429, "Error: "+title, "You can ask for a new code in 30 seconds. A code that you have still works.")
			if got := refused.header.Get("Retry-After"); got != "30" {
				t.Errorf("Retry-After is %q, want 30", got)
			}
			w.pass(31 * time.Second)
			b.post(again, "challenge", p.challenge()).wants(200, title, "We sent the same code again.")
			if w.codeSent() != code || w.messages() != 2 {
				t.Errorf("%d messages; the code of the second must be that of the first:\n%s", w.messages(), w.terminal)
			}
			b.get("/security/setup?sent=again")
			if w.messages() != 2 {
				t.Error("loading the page sends")
			}
			b.answer(p, code).wants(200, "Save your backup codes")
		})
	}
}

// Who signs in twice within half a minute has to wait for the second message, and is told so where they can wait, or use something else.
func TestWhoIsTooSoonForAMessageWaitsOnThePageForTheCode(t *testing.T) {
	t.Parallel()
	for name, c := range channels {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			b := w.browser()
			b.signIn()
			p := b.post("/security/change", "op", "add", "kind", c.kind, "input", c.address)
			p = b.answer(p, w.codeSent()).wants(200, "Save your backup codes")
			b.post("/security/setup", "challenge", p.challenge(), "saved", "yes")
			b.signOut()
			p = b.signIn().wants(429, "Error: Enter your code", "You can ask for a new code in", "Send a code", "Use a backup code")
			b.get("/sign-in/code").wants(200, "Enter your code", "Send a code")
			w.pass(2 * time.Minute)
			p = b.post("/sign-in/code/method", "challenge", p.challenge(), "factor", p.find(`name="factor" value="([^"]+)"`)).wants(200, "Enter your code", c.shown)
			b.answer(p, w.codeSent()).wants(200, "Sign-in security")
		})
	}
}

// The message says what the code is for, so that nobody is talked into reading out the code of a payment as if it were another.
func TestTheMessageNamesWhatItConfirms(t *testing.T) {
	t.Parallel()
	for name, c := range channels {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			b := w.browser()
			b.signIn()
			p := b.post("/security/change", "op", "add", "kind", c.kind, "input", c.address)
			b.answer(p, w.codeSent()).wants(200, "Save your backup codes")
			w.pass(2 * time.Minute)
			p = b.post("/pay", "amount", "500", "to", "ACME").wants(200, "Confirm it's you", "Send 500 EUR to ACME", c.shown)
			if !regexp.MustCompile(`(?m)^  │ .*Send 500 EUR to ACME`).MatchString(w.terminal.String()) {
				t.Errorf("the message does not say what is confirmed:\n%s", w.terminal)
			}
			b.answer(p, w.codeSent()).wants(200, "Send money", "Done: Send 500 EUR to ACME.")
		})
	}
}

func TestAnAddressIsChangedWithoutAGap(t *testing.T) {
	t.Parallel()
	for name, c := range channels {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			b := w.browser()
			b.signIn()
			p := b.post("/security/change", "op", "add", "kind", c.kind, "input", c.address)
			p = b.answer(p, w.codeSent())
			b.post("/security/setup", "challenge", p.challenge(), "saved", "yes")
			w.pass(time.Minute)
			id := b.get("/security").find(`(?s)action="/security/add">.*?name="factor" value="([^"]+)"`)
			b.get("/security/add?op=add&kind="+c.kind+"&factor="+id).wants(200, b.titleOfAdding(c.kind), "What you have now works until you have finished here.")
			p = b.post("/security/change", "op", "add", "kind", c.kind, "factor", id, "input", strings.Replace(c.address, "123", "456", 1))
			p = b.answer(p, w.codeSent()).wants(200, "Sign-in security", "The old one gets no more codes.")
			if strings.Contains(p.body, id) {
				t.Error("the old address is still there")
			}
		})
	}
}

// titleOfAdding is the title of the page that asks for an address.
func (b *browser) titleOfAdding(kind string) string {
	return b.get("/security/add?kind=" + kind).find(`<h1>([^<]*)</h1>`)
}
