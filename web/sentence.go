package web

import (
	"errors"
	"html"
	"html/template"
	"net/http"
	"strconv"
	"time"

	"github.com/cofactor-mfa/cofactor/catalogue"
	"github.com/cofactor-mfa/cofactor/provider/webauthn"
	"github.com/cofactor-mfa/cofactor/registry"
)

// fewTries is from when on people are told how many they have left.
const fewTries = 3

// sentence says what happened, and what to do now. It is told from the code alone, so it cannot say more than the registry lets anybody know.
func (l words) sentence(err error, now time.Time) template.HTML {
	e := problem(err)
	switch e.Code {
	case registry.ErrRejected:
		return l.rejected(e)
	case registry.ErrLocked:
		return l.html("error.locked", args{"time": catalogue.Clock(now.Add(e.RetryAfter))})
	case registry.ErrResendWait:
		id := "error.wait"
		if e.Op == "resend" { // otherwise nothing was sent for this page yet
			id = "error.wait-again"
		}
		if n := seconds(e.RetryAfter); n <= 120 {
			return l.html(id, args{"n": n})
		}
		return l.html(id+"-until", args{"time": catalogue.Clock(now.Add(e.RetryAfter))})
	case registry.ErrInvalid:
		if e.Text != "" {
			return escaped(l.Said(e.Text))
		}
	case registry.ErrSendFailed:
		if e.Op == "resend" {
			return l.html("error.send-again", nil)
		}
	}
	return escaped(l.Text("error."+string(e.Code)+".text", nil))
}

func (l words) rejected(e *registry.Error) template.HTML {
	if e.Text != "" {
		return escaped(l.Said(e.Text))
	}
	id := "error.rejected.code"
	if l.has("error.rejected." + e.Kind) {
		id = "error.rejected." + e.Kind
	}
	switch n := e.AttemptsLeft; {
	case e.Kind == webauthn.Kind: // its answers are not counted
	case n == 0:
		return l.html("error.rejected.last", nil)
	case n <= fewTries:
		return l.html("list.join", args{"first": l.html(id, nil), "second": l.html("error.tries", args{"n": n})})
	}
	return l.html(id, nil)
}

// has says whether there is a text: Text answers with the id of one that there is not.
func (l words) has(id string) bool { return l.text(id, nil) != page(id) }

func escaped(s string) template.HTML {
	return template.HTML(html.EscapeString(s)) //nolint:gosec // escaped
}

// problem is an error as the registry tells it. Any other is our fault.
func problem(err error) *registry.Error {
	if e := (*registry.Error)(nil); errors.As(err, &e) {
		return e
	}
	return &registry.Error{Code: registry.ErrInternal}
}

// status is what an error means in HTTP.
func status(err error) int { return problem(err).Code.Meaning().Status }

// wait tells programs what the sentence tells people.
func wait(w http.ResponseWriter, err error) {
	if e := problem(err); e.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(seconds(e.RetryAfter)))
	}
}
