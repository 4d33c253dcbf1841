// Package webhook sends text messages through any HTTP gateway: one POST, whose body is yours to describe, signed so that the receiver knows whom
// it is from.
//
// A gateway of your own checks the signature with [Verify]. A provider's gateway is told apart by its body and headers; docs/how-to/send-sms.md has
// worked settings.
package webhook

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/cofactor-mfa/cofactor/internal/webhook"
	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/provider/sentcode"
	"github.com/cofactor-mfa/cofactor/provider/sms"
)

const (
	maxReply = 64 << 10         // bytes that are read of a reply
	patience = 10 * time.Second // for a reply, if the caller has more
)

// Config is what a Sender is made from.
type Config struct {
	// URL is where messages are POSTed. Required: https, or http to this machine. Redirects are not followed.
	URL string
	// Header is sent with each message: an Authorization that the gateway wants, for example.
	Header http.Header
	// JSON is the body, a text/template in which the function json quotes: {"to":{{json .To}},"text":{{json .Text}}}, which is also the default. It
	// may use To ("+44..."), Number (the same without the plus sign), Text, and Unicode: whether the GSM alphabet lacks some character of the text.
	// It is tried with difficult texts when the program starts.
	JSON string
	// Form is the body as a form, field by field, each a text/template with the same. It excludes JSON.
	Form map[string]string
	// Secret signs each request, as Standard Webhooks says: at least 32 bytes. Empty, requests are not signed, and Header must say who you are.
	Secret []byte
	// Accepted looks at a reply, of whose body it gets at most 64 KiB, and says why the message was not accepted; sms.BadNumber, if the number
	// is to blame. Nil accepts every status from 200 to 299. Some gateways say 200 whatever happened, and tell in the body.
	Accepted func(status int, body []byte) error
}

// Format keeps secrets out of whatever prints a configuration.
func (Config) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, "webhook.Config (not printed)") }

// Sender is an sms.Sender.
type Sender struct {
	cfg  Config
	body body
	http *http.Client
}

var _ sms.Sender = (*Sender)(nil)

// New makes a sender, or reports every fault of the configuration. It does not reach the gateway.
func New(cfg Config) (*Sender, error) {
	var faults []error
	if !webhook.MayReach(cfg.URL) {
		faults = append(faults, fmt.Errorf("webhook: Config.URL %.100q must be an https URL without a password, or http to this machine", cfg.URL))
	}
	if len(cfg.Secret) > 0 && len(cfg.Secret) < webhook.MinKey {
		faults = append(faults, fmt.Errorf("webhook: Config.Secret has %d bytes, fewer than %d", len(cfg.Secret), webhook.MinKey))
	}
	if len(cfg.Secret) == 0 && len(cfg.Header) == 0 {
		faults = append(faults, errors.New("webhook: Config.Secret or Config.Header is required: a gateway must not send for everybody"))
	}
	b, err := newBody(cfg.JSON, cfg.Form)
	if err := errors.Join(append(faults, err)...); err != nil {
		return nil, err
	}
	cfg.Header, cfg.Secret = cfg.Header.Clone(), bytes.Clone(cfg.Secret)
	return &Sender{cfg: cfg, body: b, http: &http.Client{
		Timeout:       patience,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// Send implements sms.Sender. It makes one request, and never a second.
func (s *Sender) Send(ctx context.Context, m sms.Message) error {
	content, err := s.body.render(m)
	if err != nil {
		return failed("no body", sentcode.ErrPermanent)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.cfg.URL, bytes.NewReader(content))
	if err != nil {
		return failed("malformed URL", sentcode.ErrPermanent)
	}
	req.Header.Set("User-Agent", "cofactor")
	for k, v := range s.cfg.Header {
		req.Header[http.CanonicalHeaderKey(k)] = v
	}
	req.Header.Set("Content-Type", s.body.contentType())
	if len(s.cfg.Secret) > 0 {
		webhook.SetHeader(req.Header, rand.Text(), m.Sent, content, s.cfg.Secret)
	}
	resp, err := s.http.Do(req)
	if err != nil {
		return unreached(err)
	}
	defer func() { _ = resp.Body.Close() }()
	reply, err := io.ReadAll(io.LimitReader(resp.Body, maxReply))
	if err != nil {
		return failed(fmt.Sprintf("status %d, cut off", resp.StatusCode), sentcode.ErrTemporary)
	}
	return s.accepted(resp.StatusCode, reply)
}

func (s *Sender) accepted(status int, reply []byte) error {
	note := fmt.Sprintf("status %d", status)
	if s.cfg.Accepted == nil {
		switch {
		case status >= 200 && status <= 299:
			return nil
		case status == http.StatusTooManyRequests, status >= 500:
			return failed(note, sentcode.ErrTemporary)
		}
		return failed(note, sentcode.ErrPermanent)
	}
	err := s.cfg.Accepted(status, reply)
	if err == nil {
		return nil
	}
	for _, known := range []error{sms.OptedOut, sms.BadNumber, sentcode.ErrTemporary} {
		if errors.Is(err, known) {
			return failed(note, known) // What else it says may quote the reply, and the reply the message.
		}
	}
	return failed(note, sentcode.ErrPermanent)
}

// unreached leaves out the URL, which may hold a key.
func unreached(err error) error {
	var timeout interface{ Timeout() bool }
	switch {
	case errors.Is(err, context.Canceled):
		return failed("cancelled", sentcode.ErrTemporary)
	case errors.As(err, &timeout) && timeout.Timeout():
		return failed("no reply in time", sentcode.ErrTemporary)
	}
	return failed("no reply", sentcode.ErrTemporary)
}

func failed(note string, because error) error {
	return &provider.SendError{Note: "gateway: " + note, Err: fmt.Errorf("webhook: not sent: %w", because)}
}
