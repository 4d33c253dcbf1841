package demo

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/cofactor-mfa/cofactor/httpapi"
	"github.com/cofactor-mfa/cofactor/provider"
)

// This file is something that takes a fresh code for itself: a payment. What is confirmed is this payment, to the letter, and it is confirmed once.

// payment is one that was made. No money moves.
type payment struct {
	What string
	At   time.Time
}

// payments are everybody's, in memory.
type payments struct {
	mu     sync.Mutex
	byUser map[string][]payment
}

func (all *payments) add(user string, p payment) {
	all.mu.Lock()
	defer all.mu.Unlock()
	all.byUser[user] = append([]payment{p}, all.byUser[user]...)
}

// of is newest first.
func (all *payments) of(user string) []payment {
	all.mu.Lock()
	defer all.mu.Unlock()
	return slices.Clone(all.byUser[user])
}

// paying is the page that makes payments.
type paying struct {
	Amount, To string
	Action     string // what is about to be paid, once the form is filled in
	Confirmed  bool   // and it was confirmed
	Able       bool   // the user has something to confirm it with
	Done       bool
	Paid       []payment
}

const (
	maxEuros = 1_000_000
	maxName  = 50 // characters: an action has at most 80
)

// order reads the form. A fault is for the user.
func order(form url.Values) (action, fault string) {
	amount, to := strings.TrimSpace(form.Get("amount")), strings.TrimSpace(form.Get("to"))
	euros, err := strconv.Atoi(amount)
	switch {
	case err != nil, euros < 1, euros > maxEuros:
		return "", "Enter an amount of 1 to 1000000 whole euros."
	case to == "", utf8.RuneCountInString(to) > maxName, strings.ContainsFunc(to, func(c rune) bool { return !strconv.IsPrint(c) }):
		return "", "Enter who gets the money: one line of at most 50 characters."
	}
	return fmt.Sprintf("Send %d EUR to %s", euros, to), ""
}

// action is what RequireAction has confirmed: it is made from what pay is about to do. An order that cannot be read is confirmed by nobody.
func action(r *http.Request) string {
	if err := r.ParseForm(); err != nil {
		return ""
	}
	text, _ := order(r.PostForm)
	return text
}

func (d *Demo) payPage(w http.ResponseWriter, r *http.Request, v *httpapi.Visit) {
	form, filled := r.URL.Query(), r.URL.Query().Has("amount")
	body := paying{Amount: "500", To: "ACME", Done: form.Has("done"), Paid: d.payments.of(v.User.ID)}
	attached, err := v.Factors()
	if err != nil {
		d.failed(w, v, err)
		return
	}
	for _, f := range attached {
		body.Able = body.Able || f.Role == provider.Ordinary && f.Usable
	}
	p := page{Title: "Send money"}
	status := http.StatusOK
	if filled {
		body.Amount, body.To = form.Get("amount"), form.Get("to")
		if body.Action, p.Error = order(form); p.Error != "" {
			status = http.StatusUnprocessableEntity
		}
		body.Confirmed = body.Action != "" && v.ActionProof != "" && v.Action == body.Action
	}
	p.Body = body
	d.show(w, v, status, "pay", p)
}

// pay makes the payment. It is called with a proof for exactly these words that has just been spent, so neither a form that is sent twice nor one that says
// something else moves any money.
func (d *Demo) pay(w http.ResponseWriter, r *http.Request, v *httpapi.Visit) {
	text, fault := order(r.PostForm)
	if fault != "" {
		d.problem(w, v, http.StatusUnprocessableEntity, fault)
		return
	}
	d.payments.add(v.User.ID, payment{text, d.now()})
	if err := d.sessions.forgetAction(w, r); err != nil {
		d.failed(w, v, err)
		return
	}
	seeOther(w, r, "/pay?done=yes")
}
