package demo_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// A payment takes a code of its own, which is good for exactly these words and once.
func TestAPaymentIsConfirmedToTheLetterAndOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tab := w.enrolled("alice")
	tab.get("/pay").press("Send", "amount", "700", "to", "Bob & Sons").says("Send 700 EUR to Bob & Sons").press("Confirm and send")
	tab.wants("Confirm it's you").says("Send 700 EUR to Bob & Sons")
	w.pass(30 * time.Second)
	w.tabOf(tab).get(tab.at)
	tab.get(tab.at).press("Continue", "code", w.shown()).wants("Send money").says("You have confirmed this")

	order := func(amount string) url.Values { return url.Values{"amount": {amount}, "to": {"Bob & Sons"}} }
	w.tabOf(tab).post("/pay", order("7000")).wants("Confirm it's you").says("Send 7000 EUR")
	tab.get("/pay?amount=700&to=Bob+%26+Sons").saysNot("You have confirmed this")

	w.pass(30 * time.Second)
	tab.press("Confirm and send").get(tab.at).press("Continue", "code", w.shown()).press("Send now").says("Done: Send 700 EUR to Bob & Sons.")
	w.tabOf(tab).post("/pay", order("700")).wants("Confirm it's you")
	if n := strings.Count(text(tab.get("/statement").doc), "Send 700 EUR"); n != 1 {
		t.Errorf("one payment was confirmed, and %d were made", n)
	}
}

// tabOf is another tab of the same browser.
func (w *world) tabOf(t *tab) *tab { return &tab{w: w, b: t.b} }

func TestWhatCannotBePaid(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.tab().post("/pay", url.Values{"amount": {"5"}, "to": {"Bob"}}).wants("Sign in")
	tab := w.signIn("alice").get("/pay?amount=5&to=Bob").says("Payments take a second step, and you have none yet.")
	w.tabOf(tab).post("/pay", url.Values{"amount": {"5"}, "to": {"Bob"}}).saysNot("Done")
	tab = w.enrolled("bob")
	for _, order := range []string{"amount=0&to=Bob", "amount=x&to=Bob", "amount=5&to=", "amount=5&to=" + strings.Repeat("x", 51), "amount=5&to=a%0Ab", "amount=1000001&to=Bob"} {
		tab.get("/pay?" + order).status(http.StatusUnprocessableEntity).says("Error: Enter")
		form, err := url.ParseQuery(order)
		if err != nil {
			t.Fatal(err)
		}
		if w.tabOf(tab).post("/pay", form).saysNot("Done").last.Status == http.StatusOK {
			t.Errorf("%s is paid, or confirmed", order)
		}
	}
}
