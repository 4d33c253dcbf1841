package totp

import (
	"fmt"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/cofactor-mfa/cofactor/provider"
)

const maxAccount = 256 // bytes; an e-mail address has at most 254

// uri is the key in the Key URI format of Google Authenticator: otpauth://totp/issuer:account?secret=...
//
// The secret comes first, where every app finds it. The issuer is in the label and in a parameter, the same both times, because
// apps differ in which one they read. The other parameters are written even if they are the defaults: an app that has defaults of its own is then
// told, and a user who types the key can compare.
func (k key) uri(issuer, account string) string {
	name := escape(issuer)
	return fmt.Sprintf("otpauth://totp/%s:%s?secret=%s&issuer=%s&algorithm=%s&digits=%d&period=%d",
		name, escape(account), k.base32Secret(), name, k.algorithm, k.digits, k.period)
}

// escape leaves only the unreserved characters of RFC 3986 section 2.3, so that no name can end its own part of the URI and begin another:
// an issuer "Acme&secret=..." would replace the secret. A space is %20, because apps show a "+" as it is. // attack: A-140
func escape(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }

// presentable says whether a name may stand in a label. The Key URI format forbids the colon, which separates issuer and account.
func presentable(s string, limit int) bool {
	return s != "" && len(s) <= limit && utf8.ValidString(s) &&
		!strings.ContainsFunc(s, func(r rune) bool { return r == ':' || unicode.IsControl(r) })
}

// accountName is the first of the user's names that an app can show. It is only shown, never compared.
func accountName(u provider.User) (string, error) {
	for _, name := range []string{u.Name, u.DisplayName} {
		if presentable(name, maxAccount) {
			return name, nil
		}
	}
	if u.Name == "" && u.DisplayName == "" {
		return "", fmt.Errorf("totp: %w: the application gave no name for the user", provider.ErrInvalid)
	}
	return "", provider.Invalid("Authenticator apps cannot show your user name, because it has a colon or other special characters or is too long. Change it, then try again.")
}
