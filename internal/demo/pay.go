package demo

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cofactor-mfa/cofactor/registry"
)

// This file is something that takes a fresh code for itself: a payment. What is confirmed is this payment, to the letter, and it is confirmed once.

// payment is one that was made. No money moves.
type payment struct {
	What string
	At   time.Time
}

// paying is the page that makes payments.
type paying struct {
	Amount, To string
	Paid       []payment // newest first
}

const maxEuros = 1_000_000

func (d *Demo) payPage(w http.ResponseWriter, r *http.Request, s *session) {
	text := ""
	if r.URL.Query().Get("done") == pay && len(s.paid) > 0 {
		text = "Done: " + s.paid[len(s.paid)-1].What + "."
	}
	d.showPay(w, s, http.StatusOK, page{Done: text}, "500", "ACME")
}

func (d *Demo) showPay(w http.ResponseWriter, s *session, status int, p page, amount, to string) {
	paid := slices.Clone(s.paid)
	slices.Reverse(paid)
	p.Title, p.Body = "Send money", paying{amount, to, paid}
	d.show(w, s, status, "pay", p)
}

// pay asks for a code that is good for this payment only.
func (d *Demo) pay(w http.ResponseWriter, r *http.Request, s *session) {
	amount, to := strings.TrimSpace(r.PostForm.Get("amount")), strings.TrimSpace(r.PostForm.Get("to"))
	euros, err := strconv.Atoi(amount)
	text := ""
	switch {
	case err != nil, euros < 1, euros > maxEuros:
		text = "Enter an amount of 1 to 1000000 whole euros."
	case to == "":
		text = "Enter who gets the money."
	}
	if text != "" {
		d.showPay(w, s, http.StatusUnprocessableEntity, page{Error: text}, amount, to)
		return
	}
	factor, err := d.toConfirmWith(r, s)
	switch {
	case err != nil:
		d.failed(w, s, err)
	case factor == "":
		d.problem(w, s, http.StatusForbidden, "Payments need two-step verification. Set it up first, under Security.")
	default:
		c := change{op: pay, action: fmt.Sprintf("Send %d EUR to %s", euros, to), label: to, input: amount}
		d.ask(w, r, s, begun{purpose: confirm, factor: factor, wants: c})
	}
}

// carryOutPayment makes the payment that a proof is for. Consume takes it for exactly these words and for one time, so neither a form that is sent twice nor
// one that says something else moves any money.
func (d *Demo) carryOutPayment(w http.ResponseWriter, r *http.Request, s *session, c change, proof string) {
	if err := d.reg.Consume(r.Context(), proof, registry.Need{Who: s.who(), Action: c.action}); err != nil {
		d.failed(w, s, err)
		return
	}
	s.paid = append(s.paid, payment{c.action, d.now()})
	seeOther(w, r, "/pay?done="+pay)
}

// notPaid says why a payment cannot even be asked for: its words are too long, or are not words.
func (d *Demo) notPaid(w http.ResponseWriter, s *session, c change, err error) {
	text := d.sentence(err)
	if errors.Is(err, registry.ErrInvalid) {
		text = "Enter a name of one line and at most 50 characters."
	}
	d.showPay(w, s, statusOf(err), page{Error: text}, c.input, c.label)
}
