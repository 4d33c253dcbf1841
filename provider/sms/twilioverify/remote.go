package twilioverify

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"

	verify "github.com/twilio/twilio-go/rest/verify/v2"

	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/provider/sms"
	"github.com/cofactor-mfa/cofactor/provider/sms/twilio"
)

// What Twilio says of a verification that cannot be answered any more (https://www.twilio.com/docs/api/errors).
const (
	notFound      = 20404 // used, expired, or guessed at too often
	tooManyChecks = 60202
)

var verificationSID = regexp.MustCompile(`^VE[0-9a-fA-F]{32}$`)

// start has a code sent. The number is looked at again: it was attached under the rules of its day.
func (p *Provider) start(ctx context.Context, number, locale string) error {
	if n, err := p.cfg.Numbers.Parse(number); err != nil || n.E164() != number {
		return &provider.SendError{Note: "the number is not sent to any more", Err: sms.BadNumber}
	}
	params := (&verify.CreateVerificationParams{}).SetTo(number).SetChannel("sms")
	if locale != "" {
		params.SetLocale(locale)
	}
	started, err := verify.NewApiService(p.client.Requests(ctx)).CreateVerification(p.cfg.Service, params)
	if err == nil && (started.Status == nil || *started.Status != "pending" || !isSID(started.Sid)) {
		err = &twilio.Error{Note: "the reply is none"}
	}
	return twilio.SendFailed(err)
}

// check asks Twilio whether a code is right, and returns the SID of the verification it belongs to. ErrRejected is a verdict; any error that is
// neither that nor ErrInvalid is none.
func (p *Provider) check(ctx context.Context, number string, ans provider.Answer) (string, error) {
	code, err := ans.Code()
	if err != nil {
		return "", err
	}
	if len(code) != p.cfg.Digits {
		return "", provider.ErrRejected // Twilio need not be asked, and counts no attempt of its five.
	}
	params := (&verify.CreateVerificationCheckParams{}).SetTo(number).SetCode(code)
	checked, err := verify.NewApiService(p.client.Requests(ctx)).CreateVerificationCheck(p.cfg.Service, params)
	var said *twilio.Error
	switch {
	case errors.As(err, &said) && (said.Code == notFound && said.Status == http.StatusNotFound || said.Code == tooManyChecks):
		return "", provider.ErrRejected
	case errors.As(err, &said):
		return "", fmt.Errorf("twilioverify: no verdict: %w", said)
	case err != nil:
		return "", errors.New("twilioverify: no verdict: unreadable reply")
	case checked.Status == nil:
		return "", errors.New("twilioverify: no verdict: no status")
	}
	switch *checked.Status {
	case "approved":
		if checked.To == nil || *checked.To != number || !isSID(checked.Sid) || checked.ServiceSid == nil || *checked.ServiceSid != p.cfg.Service {
			return "", errors.New("twilioverify: no verdict: the approval is another's")
		}
		return *checked.Sid, nil
	case "pending", "canceled", "expired", "max_attempts_reached", "deleted", "failed":
		return "", provider.ErrRejected
	}
	return "", errors.New("twilioverify: no verdict: unknown status")
}

func isSID(s *string) bool { return s != nil && verificationSID.MatchString(*s) }

// languages are those that Twilio has texts in. For all others it goes by the country of the number.
var languages = strings.Fields("af ar ca cs da de el en es et fi fr he hi hr hu id it ja kn ko lt mr ms nb nl pl pt ro ru sk sv te th tl tr uk vi zh")

// languageOf is Twilio's name of a locale's language, or nothing.
func languageOf(locale string) string {
	switch {
	case strings.EqualFold(locale, "pt-BR"), strings.EqualFold(locale, "zh-HK"), strings.EqualFold(locale, "zh-CN"), strings.EqualFold(locale, "en-GB"):
		return strings.ToLower(locale[:3]) + strings.ToUpper(locale[3:])
	}
	base, _, _ := strings.Cut(strings.ToLower(locale), "-")
	if slices.Contains(languages, base) {
		return base
	}
	return ""
}
