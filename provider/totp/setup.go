package totp

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/provider/totp/qrcode"
)

const (
	label     = "Authenticator app"
	qrLabel   = "QR code to set up your authenticator app"
	clockHelp = "The clock of your device seems to be wrong. Turn on automatic date and time, then enter the newest code."

	driftReach = 10 // steps each way in which a wrong code is taken for a wrong clock
)

// SetupPrompt is what SetupHook shows: the secret, in every form that an app can take it.
type SetupPrompt struct {
	URI           string `json:"uri"`            // otpauth://totp/..., also to be opened on the device itself
	Secret        string `json:"secret"`         // base 32 without padding, to be copied
	SecretGrouped string `json:"secret_grouped"` // the same in groups of four, to be read and typed
	Issuer        string `json:"issuer"`
	Account       string `json:"account"`
	Algorithm     string `json:"algorithm"` // "SHA1", "SHA256" or "SHA512"
	Digits        int    `json:"digits"`
	Period        int    `json:"period"` // seconds
	QR            string `json:"qr"`     // URI as an <svg> element, to be put into the page as it is
}

// Format keeps the secret out of whatever prints a prompt.
func (SetupPrompt) Format(f fmt.State, _ rune) {
	fmt.Fprint(f, "authenticator app set-up (not printed)")
}

// LogValue keeps the secret out of logs, which else would have it as JSON.
func (p SetupPrompt) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(p)) }

// SetupHook offers a new secret, or with req.Previous the same one again. There is no way from here to the secret of a factor that is
// already enrolled, and that one stays in use. // attack
func (p *Provider) SetupHook(_ context.Context, req provider.SetupRequest) (provider.Prompt, error) {
	account, err := accountName(req.User)
	if err != nil {
		return provider.Prompt{}, err
	}
	var candidate key
	if len(req.Previous) > 0 {
		candidate, err = decode(req.Previous)
	} else {
		candidate, err = p.fresh.withSecret()
	}
	if err != nil {
		return provider.Prompt{}, err
	}
	public, err := p.show(candidate, account)
	if err != nil {
		return provider.Prompt{}, err
	}
	return provider.Prompt{Public: public, Private: candidate.encode()}, nil
}

func (p *Provider) show(k key, account string) (SetupPrompt, error) {
	uri := k.uri(p.issuer, account)
	code, err := qrcode.Encode(uri)
	if err != nil {
		return SetupPrompt{}, err
	}
	secret := k.base32Secret()
	return SetupPrompt{
		URI:           uri,
		Secret:        secret,
		SecretGrouped: grouped(secret),
		Issuer:        p.issuer,
		Account:       account,
		Algorithm:     k.algorithm.String(),
		Digits:        k.digits,
		Period:        int(k.period),
		QR:            code.SVG(qrLabel),
	}, nil
}

func grouped(secret string) string {
	var groups []string
	for group := range slices.Chunk([]byte(secret), 4) {
		groups = append(groups, string(group))
	}
	return strings.Join(groups, " ")
}

// SetupVerify accepts the code of the offered secret. The step it belongs to is used up, so that it does not also log in. // attack: A-25
//
// A code from a few minutes before or after is refused with the advice to set the clock: whoever sets up a factor has its secret before them,
// so that tells them nothing.
func (p *Provider) SetupVerify(_ context.Context, req provider.SetupRequest, ans provider.Answer) (provider.Enrollment, error) {
	candidate, err := decode(ans.Private)
	if err != nil {
		return provider.Enrollment{}, err
	}
	code, err := ans.Code()
	if err != nil {
		return provider.Enrollment{}, err
	}
	step, right, err := candidate.find(code, req.Now, p.skew.steps())
	if err != nil {
		return provider.Enrollment{}, err
	}
	if !right {
		return provider.Enrollment{}, candidate.refuse(code, req)
	}
	candidate.last = step
	return provider.Enrollment{Data: candidate.encode(), Label: label}, nil
}

func (k key) refuse(code string, req provider.SetupRequest) error {
	_, drifted, err := k.find(code, req.Now, driftReach)
	switch {
	case err != nil:
		return err
	case drifted:
		return provider.Invalid(clockHelp)
	}
	return provider.ErrRejected
}
