package web

import (
	"encoding/json"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// backupDigits is how long a backup code is, and an administrator's.
const backupDigits = 24

// plain is a code as it was meant: full-width forms become ordinary ones, decimal digits of any script ASCII ones, and what people or programs put between
// them goes: spaces, dashes, dots, and what cannot be seen.
func plain(typed string) string {
	return strings.Map(func(c rune) rune {
		switch {
		case unicode.Is(unicode.Nd, c):
			return '0' + digit(c)
		case unicode.IsSpace(c), unicode.Is(unicode.Pd, c), unicode.Is(unicode.Cf, c), unicode.IsControl(c), c == '.', c == '\u2212':
			return -1
		}
		return c
	}, norm.NFKC.String(typed))
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

// slip says what is wrong with a code that cannot be right, before it costs one of the tries; nothing if it may be.
func (l words) slip(k Kind, code string) string {
	n := utf8.RuneCountInString(code)
	want := k.Digits
	if recovery(k.Name) {
		want = backupDigits
	}
	switch {
	case n == 0 && k.Digits > 0:
		return l.text("error.missing-digits", args{"n": k.Digits})
	case n == 0:
		return l.text("error.missing", nil)
	case want > 0 && n != want && k.Digits > 0:
		return l.text("error.length-digits", args{"n": want, "typed": n})
	case want > 0 && n != want:
		return l.text("error.length", args{"n": want, "typed": n})
	}
	return ""
}

// coded is a code as providers take it.
func coded(code string) json.RawMessage {
	b, err := json.Marshal(map[string]string{"code": code})
	if err != nil { // A map of strings always encodes.
		return nil
	}
	return b
}
