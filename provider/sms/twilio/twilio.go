// Package twilio sends text messages through Twilio's Messages API, version 2010-04-01.
//
// A message is one request, and never two: one that timed out may have been accepted, and a second one would cost again and confuse. Who
// gets no message asks for another, waits, and is counted. What Twilio finds out only after it has accepted a message, such as that
// the telephone is off, it reports to Config.StatusCallback alone.
package twilio

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"time"

	messages "github.com/twilio/twilio-go/rest/api/v2010"

	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/provider/sentcode"
	"github.com/cofactor-mfa/cofactor/provider/sms"
)

// Config is what a Sender is made from.
type Config struct {
	Account Account // required

	// MessagingService picks the sender among its numbers ("MG..."); From is one number, short code or name that the account owns. Exactly one
	// of them is required.
	MessagingService, From string

	// StatusCallback is told how each message fared: an https URL, or empty. Twilio signs what it sends there.
	StatusCallback string

	// ValidityPeriod is how long a message may wait in Twilio's queue: 5 s to 10 h in whole seconds, by default 10 min. One with a code waits no
	// longer than the code lives.
	ValidityPeriod time.Duration

	// ContentRetention is "retain" or "discard", AddressRetention "retain" or "obfuscate": what Twilio keeps of the text and the number after sending
	// it. Empty is what the account is set to.
	ContentRetention, AddressRetention string

	// Encoding says whether Twilio replaces characters that the GSM alphabet lacks by similar ones.
	Encoding Encoding
}

// Encoding is what Twilio does with characters outside the GSM alphabet.
type Encoding uint8

// The encodings. The zero value is what the messaging service is set to.
const (
	AsConfigured Encoding = iota
	Smart                 // replaced by similar ones
	Exact                 // sent as they are
)

var serviceSID = regexp.MustCompile(`^MG[0-9a-fA-F]{32}$`)

// Sender is an sms.Sender.
type Sender struct {
	cfg    Config
	client *Client
}

var _ sms.Sender = (*Sender)(nil)

// New makes a sender, or reports every fault of the configuration. It does not reach Twilio.
func New(cfg Config) (*Sender, error) {
	if cfg.ValidityPeriod == 0 {
		cfg.ValidityPeriod = 10 * time.Minute
	}
	c, err := NewClient(cfg.Account)
	if err := errors.Join(err, cfg.validate()); err != nil {
		return nil, err
	}
	return &Sender{cfg: cfg, client: c}, nil
}

func (c Config) validate() error {
	var faults []error
	need := func(ok bool, format string, args ...any) {
		if !ok {
			faults = append(faults, fmt.Errorf("twilio: Config."+format, args...))
		}
	}
	need((c.MessagingService == "") != (c.From == ""), "MessagingService or Config.From is required, and not both")
	need(c.MessagingService == "" || serviceSID.MatchString(c.MessagingService), "MessagingService must be MG and 32 hexadecimal digits")
	need(len(c.From) <= 32, "From has %d bytes, over 32", len(c.From))
	callback, err := url.Parse(c.StatusCallback)
	need(c.StatusCallback == "" || err == nil && callback.Scheme == "https" && callback.Host != "", "StatusCallback must be an https URL")
	need(c.ValidityPeriod >= 5*time.Second && c.ValidityPeriod <= 10*time.Hour && c.ValidityPeriod%time.Second == 0,
		"ValidityPeriod is %v, not 5s to 10h in whole seconds", c.ValidityPeriod)
	need(c.ContentRetention == "" || c.ContentRetention == "retain" || c.ContentRetention == "discard",
		"ContentRetention is %.20q, neither retain nor discard", c.ContentRetention)
	need(c.AddressRetention == "" || c.AddressRetention == "retain" || c.AddressRetention == "obfuscate",
		"AddressRetention is %.20q, neither retain nor obfuscate", c.AddressRetention)
	need(c.Encoding <= Exact, "Encoding is %d, not AsConfigured, Smart or Exact", c.Encoding)
	return errors.Join(faults...)
}

// Send implements sms.Sender.
func (s *Sender) Send(ctx context.Context, m sms.Message) error {
	sent, err := messages.NewApiService(s.client.Requests(ctx)).CreateMessage(s.params(m))
	switch {
	case err != nil:
	case sent.ErrorCode != nil && *sent.ErrorCode != 0:
		err = &Error{Code: *sent.ErrorCode}
	case sent.Sid == nil || sent.Status == nil || !underWay(*sent.Status):
		err = &Error{Note: "the reply is none"}
	}
	return SendFailed(err)
}

func (s *Sender) params(m sms.Message) *messages.CreateMessageParams {
	p := &messages.CreateMessageParams{To: &m.To, Body: &m.Text}
	wait := s.cfg.ValidityPeriod
	if !m.Expires.IsZero() {
		wait = max(time.Second, min(wait, m.Expires.Sub(m.Sent)))
	}
	p.SetValidityPeriod(int(wait / time.Second))
	for _, option := range []struct {
		value string
		field **string
	}{
		{s.cfg.MessagingService, &p.MessagingServiceSid},
		{s.cfg.From, &p.From},
		{s.cfg.StatusCallback, &p.StatusCallback},
		{s.cfg.ContentRetention, &p.ContentRetention},
		{s.cfg.AddressRetention, &p.AddressRetention},
	} {
		if option.value != "" {
			*option.field = &option.value
		}
	}
	if s.cfg.Encoding != AsConfigured {
		p.SetSmartEncoded(s.cfg.Encoding == Smart)
	}
	return p
}

// underWay says that a message is not lost yet: absence of a status, or a new one, is not success.
func underWay(status string) bool {
	switch status {
	case "accepted", "scheduled", "queued", "sending", "sent", "delivered", "read":
		return true
	}
	return false
}

// SendFailed is what a sender returns for an error of a request, or for none: it tells what the user can mend from what passes, and from what
// only the deployment can mend.
func SendFailed(err error) error {
	if err == nil {
		return nil
	}
	said := &Error{Note: "unreadable reply"} // of success, and cut short: the message may be on its way
	errors.As(err, &said)
	return &provider.SendError{Note: said.Error(), Err: errors.Join(said, said.verdict())}
}

// verdict is what an error says of the number, and otherwise of Twilio. The codes change, so one that is not listed goes by its status.
func (e *Error) verdict() error {
	switch e.Code {
	case 21211, // invalid number
		21214, // cannot be reached
		21217, // does not appear to exist
		21265, // a short code
		21408, // in a country that the account may not send to
		21612, // cannot be reached from this sender
		21614, // not a mobile
		21635, // a fixed line
		30004, // blocked
		30005, // unknown or out of service
		30006, // a fixed line, or a carrier that cannot be reached
		60205: // a fixed line (Verify)
		return sms.BadNumber
	case 21610: // has sent STOP
		return sms.OptedOut
	case 20429, // too many requests
		30001, // the queue is full
		30003, // switched off
		30008: // unknown
		return sentcode.ErrTemporary
	}
	if e.Status == 0 && e.Code == 0 || e.Status == http.StatusTooManyRequests || e.Status >= 500 {
		return sentcode.ErrTemporary
	}
	return sentcode.ErrPermanent // 20003 credentials, 30007 filtered, ...
}
