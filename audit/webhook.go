package audit

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/cofactor-mfa/cofactor/internal/webhook"
)

// WebhookConfig is what a Webhook is made from.
type WebhookConfig struct {
	// URL takes the events. Required; https, unless the host is this machine.
	URL string

	// Keys sign each request: at least one, each of 32 bytes or more. A request has a signature by each of them, so that a receiver may change
	// to a new key at any time while there are two.
	Keys [][]byte

	// Transport makes the requests. By default it is one of its own, made like http.DefaultTransport.
	Transport http.RoundTripper

	// Now is the clock, by default the system's.
	Now func() time.Time
}

// Format keeps the keys out of whatever prints a configuration.
func (WebhookConfig) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, "audit.WebhookConfig (not printed)")
}

const maxResponse = 64 << 10 // of a response that is read, so that its connection can be used again

// Webhook is a Sink that posts events, as the JSON that they are stored as, to a URL. Requests are signed as the Standard Webhooks specification
// (version 1) says, so a receiver can use any library for it, or a Verifier: webhook-id is the event's ID, webhook-timestamp the time of the request, and
// webhook-signature "v1," and the HMAC-SHA256 of both and the body.
//
// Any response with a status of 200 to 299 is success; 400, 409, 413 and 422 are about the event alone (ErrRefused). A redirect is not followed: it would carry the event somewhere else.
type Webhook struct {
	url    string
	keys   [][]byte
	client *http.Client
	now    func() time.Time
}

var _ Sink = (*Webhook)(nil)

// NewWebhook makes a sink.
func NewWebhook(cfg WebhookConfig) (*Webhook, error) {
	faults := []error{checkKeys(cfg.Keys)}
	if !webhook.MayReach(cfg.URL) {
		faults = append(faults, errors.New("audit: WebhookConfig.URL must be an https URL without a password, or http to this machine"))
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	if cfg.Transport == nil {
		cfg.Transport = &http.Transport{
			Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true, MaxIdleConnsPerHost: 2, IdleConnTimeout: 90 * time.Second,
			TLSHandshakeTimeout: 10 * time.Second, MaxResponseHeaderBytes: maxResponse,
		}
	}
	cfg.Now = clock(cfg.Now)
	return &Webhook{
		url: cfg.URL, keys: cloneKeys(cfg.Keys), now: cfg.Now,
		client: &http.Client{
			Transport:     cfg.Transport,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}, nil
}

// Deliver implements Sink.
func (w *Webhook) Deliver(ctx context.Context, r Record) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, w.url, bytes.NewReader(r.JSON))
	if err != nil {
		return errors.New("audit: no request could be made")
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "cofactor")
	webhook.SetHeader(req.Header, r.ID, w.now(), r.JSON, w.keys...)
	resp, err := w.client.Do(req)
	if err != nil {
		if wrapped := (*url.Error)(nil); errors.As(err, &wrapped) {
			err = wrapped.Err // without the URL, which may have a secret in it
		}
		return fmt.Errorf("audit: webhook: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, maxResponse))
	switch code := resp.StatusCode; code {
	case http.StatusBadRequest, http.StatusConflict, http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity:
		return fmt.Errorf("audit: webhook: the receiver answered %d: %w", code, ErrRefused)
	default:
		if code < 200 || code > 299 {
			return fmt.Errorf("audit: webhook: the receiver answered %d", code)
		}
	}
	return nil
}

// Format keeps the keys out of whatever prints a sink.
func (Webhook) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "audit.Webhook") }
