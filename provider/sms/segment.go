package sms

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// The two alphabets of a text message (3GPP TS 23.038), and what one message of 140 bytes holds of each.
const (
	GSMSize     = 160 // septets of the GSM 7-bit default alphabet
	UnicodeSize = 70  // units of UTF-16, for everything else
)

// basic is the GSM 7-bit default alphabet, a septet each (TS 23.038 section 6.2.1). extended are the characters behind an escape, two
// septets each (section 6.2.1.1). The form feed and the carriage return are left out: no code needs them.
const (
	basic = "@£$¥èéùìòÇ\nØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?" +
		"¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
	extended = "^{}\\[~]|€"
)

// ErrLong says that a text does not fit one message. Two messages cost twice, arrive in any order, and the last line, which binds the code to
// its site, must not be cut.
var ErrLong = errors.New("sms: the text does not fit one message")

// Segment counts what a text takes of one message, and returns the size of a message in the same unit: 160 septets if the GSM alphabet has
// all of its characters, and otherwise 70 units of UTF-16. One character outside the alphabet, such as a curly apostrophe, makes the
// difference.
func Segment(text string) (used, size int) {
	for _, c := range text {
		switch {
		case strings.ContainsRune(basic, c):
			used++
		case strings.ContainsRune(extended, c):
			used += 2
		default:
			return len(utf16.Encode([]rune(text))), UnicodeSize
		}
	}
	return used, GSMSize
}

// Fits returns ErrLong if a text does not fit one message.
func Fits(text string) error {
	if !utf8.ValidString(text) {
		return errors.New("sms: the text is not UTF-8")
	}
	if used, size := Segment(text); used > size {
		return fmt.Errorf("%w: %d of %d units", ErrLong, used, size)
	}
	return nil
}
