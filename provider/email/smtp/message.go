package smtp

import (
	netmail "net/mail"
	"strings"
	"unicode"

	mail "github.com/wneessen/go-mail"

	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/provider/email"
	"github.com/cofactor-mfa/cofactor/provider/sentcode"
)

// build makes the message of RFC 5322. It does not parse addresses: they were parsed once, and are used as they are. // attack: A-134
func (s *Sender) build(m email.Message) (*mail.Msg, error) {
	for _, line := range []string{m.ID, m.From, m.FromName, m.To, m.Subject, m.Language} {
		if strings.ContainsFunc(line, unicode.IsControl) { // attack: A-132
			return nil, unusable("smtp: a line break in a header")
		}
	}
	for _, address := range []string{m.From, m.To, m.ID} {
		if !plainAddress(address) { // attack: A-131
			return nil, unusable("smtp: an address that is none")
		}
	}
	built := mail.NewMsg(mail.WithNoDefaultUserAgent())
	built.FromMailAddress(&netmail.Address{Name: m.FromName, Address: m.From})
	built.ToMailAddress(&netmail.Address{Address: m.To})
	built.Subject(m.Subject)
	built.SetDate()
	built.SetMessageIDWithValue(m.ID)                      // The library's own would have the name of this host.
	built.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834 section 5
	built.SetGenHeader("X-Auto-Response-Suppress", "All")
	if m.Language != "" {
		built.SetGenHeader(mail.HeaderContentLang, m.Language)
	}
	built.SetBodyString(mail.TypeTextPlain, m.Text)
	if m.HTML != "" {
		built.AddAlternativeString(mail.TypeTextHTML, m.HTML)
	}
	if d := s.cfg.DKIM; d != nil {
		signer := mail.NewDKIMSigner(d.Domain, d.Selector, d.Key)
		// Few enough for one line: the library folds a longer list within a name, which verifiers then do not know.
		signer.SignHeaders("From", "To", "Subject", "Date", "Message-ID", "Content-Type")
		signer.OversignHeaders("From", "To", "Subject") // so that a second one cannot be added (RFC 6376 section 8.15)
		built.SetDKIM(signer)
	}
	return built, nil
}

// plainAddress says whether an address is fit for a command: one @, and ASCII without spaces, quotes, brackets and lists.
func plainAddress(s string) bool {
	local, domain, ok := strings.Cut(s, "@")
	return ok && local != "" && domain != "" && len(s) <= 254 && !strings.ContainsFunc(s, func(c rune) bool {
		return c <= ' ' || c >= 0x7f || strings.ContainsRune(`"(),:;<>[\]`, c)
	}) && !strings.Contains(domain, "@")
}

func unusable(note string) error { return &provider.SendError{Note: note, Err: sentcode.ErrPermanent} }
