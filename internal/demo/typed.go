package demo

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/cofactor-mfa/cofactor/provider/webauthn"
)

// backupDigits is how long a backup code is, and an administrator's.
const backupDigits = 24

// plain is a code as it was meant: decimal digits of any script become ASCII ones, and what people put between them goes.
func plain(typed string) string {
	return strings.Map(func(c rune) rune {
		switch {
		case unicode.Is(unicode.Nd, c):
			return '0' + digit(c)
		case unicode.IsSpace(c), unicode.Is(unicode.Pd, c), unicode.Is(unicode.Cf, c), c == '.':
			return -1
		}
		return c
	}, typed)
}

// digit is the value of a decimal digit. In Unicode the ten of a script follow one another, so each range of them begins with a zero.
func digit(c rune) rune {
	for _, r := range unicode.Nd.R16 {
		if rune(r.Lo) <= c && c <= rune(r.Hi) {
			return (c - rune(r.Lo)) % 10
		}
	}
	for _, r := range unicode.Nd.R32 {
		if rune(r.Lo) <= c && c <= rune(r.Hi) {
			return (c - rune(r.Lo)) % 10
		}
	}
	return 0
}

// slip says what is wrong with a code that cannot be right, before it costs one of the tries; or nothing.
func slip(kind, code string) string {
	n := utf8.RuneCountInString(code)
	switch {
	case n == 0 && isRecovery(kind):
		return "Enter the code."
	case n == 0:
		return fmt.Sprintf("Enter the %d-digit code.", codeDigits)
	case isRecovery(kind) && n != backupDigits:
		return fmt.Sprintf("The code has %d letters and digits. You entered %d.", backupDigits, n)
	case !isRecovery(kind) && n != codeDigits:
		return fmt.Sprintf("The code is %d digits. You entered %d.", codeDigits, n)
	}
	return ""
}

// answerOf is what a form answers, as the provider of its kind takes it; or what is wrong with the form.
func answerOf(r *http.Request, kind string) (answer json.RawMessage, text string) {
	if kind == webauthn.Kind {
		if r.PostForm.Get("response") == "" {
			return nil, "Your browser has not answered. It needs JavaScript for that. Try again, or use another method."
		}
		return json.RawMessage(r.PostForm.Get("response")), ""
	}
	code := plain(r.PostForm.Get("code"))
	return response(code), slip(kind, code)
}

// response is what a provider takes.
func response(code string) json.RawMessage {
	b, err := json.Marshal(map[string]string{"code": code})
	if err != nil { // A map of strings always encodes.
		return nil
	}
	return b
}
