package demo_test

import (
	"strings"
	"testing"
	"time"
)

func TestAPaymentTakesACodeOfItsOwn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b, secret, _ := w.enrolled() // and so with a proof that is fresh enough for everything else
	b.get("/pay").wants(200, "Send money")
	p := b.post("/pay", "amount", "500", "to", "ACME").wants(200, "Confirm it's you", "Enter a code for this. It is good for nothing else:", "Send 500 EUR to ACME")
	b.get("/security/confirm").wants(200, "Confirm it's you", "Send 500 EUR to ACME")
	b.answer(p, "000000").wants(422, "Error: Confirm it's you", "That code isn't right.", "Send 500 EUR to ACME")
	code := w.next(secret)
	b.answer(p, code).wants(200, "Send money", "Done: Send 500 EUR to ACME.")
	if n := strings.Count(w.terminal.String(), " consume ok alice\n"); n != 1 {
		t.Errorf("the proof of the payment was spent %d times, want once", n)
	}
	id := b.get("/security").factor("Authenticator app") // what was proved before is as good as before
	b.post("/security/change", "op", "rename", "factor", id, "label", "Pixel").wants(200, "Sign-in security", "The name is changed.")
	if again := b.answer(p, code); strings.Count(again.body, "Send 500 EUR to ACME") > 1 || strings.Count(b.get("/pay").body, "<li>") != 1 {
		t.Error("a form that is sent twice pays twice")
	}
	b.post("/pay", "amount", "501", "to", "ACME").wants(200, "Confirm it's you", "Send 501 EUR to ACME")
}

// The proof of a payment opens nothing else, or who had somebody confirm a small one could remove their methods.
func TestAPaymentConfirmsNothingElse(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b, secret, _ := w.enrolled()
	id := b.get("/security").factor("Authenticator app")
	w.pass(6 * time.Minute)
	p := b.post("/pay", "amount", "1", "to", "Bob")
	b.answer(p, w.next(secret)).wants(200, "Send money", "Done: Send 1 EUR to Bob.")
	b.post("/security/change", "op", "remove", "factor", id).wants(200, "Confirm it's you", "Enter a code to remove this method.")
}

func TestAPaymentThatCannotBeNamedIsNotMade(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b, _, _ := w.enrolled()
	for _, amount := range []string{"", "0", "-5", "1000001", "5.50", "many"} {
		b.post("/pay", "amount", amount, "to", "ACME").wants(422, "Error: Send money", "Enter an amount of 1 to 1000000 whole euros.")
	}
	b.post("/pay", "amount", "5", "to", " ").wants(422, "Error: Send money", "Enter who gets the money.")
	for _, to := range []string{"ACME\u202e", "AC\nME", strings.Repeat("A", 80)} {
		b.post("/pay", "amount", "5", "to", to).wants(400, "Error: Send money", "Enter a name of one line and at most 50 characters.")
	}
	if p := b.post("/pay", "amount", "5", "to", "<b>ACME</b>").wants(200, "Confirm it's you", "Send 5 EUR to <b>ACME</b>"); strings.Contains(p.body, "<b>") {
		t.Error("a name is markup")
	}
}

func TestWithoutASecondStepNothingIsPaid(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser()
	b.signIn()
	b.post("/pay", "amount", "500", "to", "ACME").wants(403, "Error: That didn't work", "Payments need two-step verification.")
}
