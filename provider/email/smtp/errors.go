package smtp

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"slices"
	"strings"

	mail "github.com/wneessen/go-mail"

	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/provider/sentcode"
)

// later marks an answer of the server that asks for another try.
type later struct{ error }

func (l later) Unwrap() error { return l.error }

func isLater(err error) bool { return errors.As(err, new(later)) }

// dialFailed says what is wrong with a server that was not to be reached, or did not let us in. Nobody's address has been named yet, so the text may
// be told, but for the server's own words.
func dialFailed(ctx context.Context, err error) error {
	var answer *textproto.Error
	var untrusted *tls.CertificateVerificationError
	var network net.Error
	switch {
	case errors.As(err, &answer) && answer.Code/100 == 4:
		return later{failure(fmt.Sprintf("smtp %d when connecting", answer.Code), sentcode.ErrTemporary)}
	case errors.As(err, &answer):
		return failure(fmt.Sprintf("smtp %d when connecting", answer.Code), sentcode.ErrPermanent)
	case ctx.Err() != nil:
		return failure("smtp: no connection in time", sentcode.ErrTemporary)
	case errors.As(err, &untrusted):
		return failure("smtp: the server's certificate is not trusted", sentcode.ErrPermanent)
	case errors.As(err, &network): // "lookup mail.acme.example: no such host"
		return failure(fmt.Sprintf("smtp: no connection: %.160s", network.Error()), sentcode.ErrTemporary)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, net.ErrClosed):
		return failure("smtp: no connection", sentcode.ErrTemporary)
	case strings.Contains(err.Error(), "STARTTLS"):
		return failure("smtp: the server has no STARTTLS", sentcode.ErrPermanent)
	case strings.Contains(strings.ToUpper(err.Error()), "AUTH"):
		return failure("smtp: the server has no way to sign in that is safe", sentcode.ErrPermanent)
	}
	return failure("smtp: no connection that is fit for use", sentcode.ErrPermanent)
}

// sendFailed says what became of a message that was not accepted. The library's error has the recipient in it, and the server's words may, so only numbers
// are kept.
func sendFailed(ctx context.Context, err error) error {
	var failed *mail.SendError
	if !errors.As(err, &failed) || failed.ErrorCode() == 0 {
		note := "smtp: the connection broke off"
		if ctx.Err() != nil {
			note = "smtp: no answer in time"
		}
		return failure(note, sentcode.ErrTemporary)
	}
	code, enhanced := failed.ErrorCode(), failed.EnhancedStatusCode()
	note := strings.TrimSpace(fmt.Sprintf("smtp %d %s", code, enhanced))
	switch {
	case code/100 == 4:
		return later{failure(note, sentcode.ErrTemporary)}
	case isAddress(failed.Reason, code, enhanced):
		return failure(note, sentcode.ErrAddress)
	}
	return failure(note, sentcode.ErrPermanent)
}

// isAddress says whether an answer is about the mailbox: by its enhanced code, 5.1.x and 5.2.x (RFC 3463 sections 3.2 and 3.3), or, without one, if it
// is one of those that RFC 5321 section 4.2.3 has for mailboxes, in answer to the recipient. 5.1.7 and 5.1.8 are about the sender.
func isAddress(at mail.SendErrReason, code int, enhanced string) bool {
	if at != mail.ErrSMTPRcptTo && at != mail.ErrSMTPDataClose {
		return false
	}
	if enhanced != "" {
		return enhanced != "5.1.7" && enhanced != "5.1.8" && (strings.HasPrefix(enhanced, "5.1.") || strings.HasPrefix(enhanced, "5.2."))
	}
	return at == mail.ErrSMTPRcptTo && slices.Contains([]int{550, 551, 553}, code)
}

func failure(note string, err error) error { return &provider.SendError{Note: note, Err: err} }
