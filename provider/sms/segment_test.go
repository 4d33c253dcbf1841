package sms_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/cofactor-mfa/cofactor/provider/sms"
)

func TestWhatOneMessageHolds(t *testing.T) { // attack: O3
	t.Parallel()
	for _, c := range []struct {
		text       string
		used, size int
	}{
		{"", 0, 160},
		{strings.Repeat("a", 160), 160, 160},
		{strings.Repeat("€", 80), 160, 160},
		{"^{}\\[~]|€", 18, 160},
		{"@£$¥èéùìòÇ\nØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?", 62, 160},
		{"¡ÄÖÑÜ§¿äöñüà", 12, 160},
		{strings.Repeat("a", 69) + "’", 70, 70}, // a curly apostrophe
		{strings.Repeat("ع", 70), 70, 70},
		{"ç", 1, 70},       // only the capital is in the alphabet
		{"`", 1, 70},       // not in the alphabet
		{"\t", 1, 70},      // nor this
		{"😀", 2, 70},       // a surrogate pair
		{"a\u0308", 2, 70}, // what looks like ä
	} {
		if used, size := sms.Segment(c.text); used != c.used || size != c.size {
			t.Errorf("%.20q takes %d of %d, not %d of %d", c.text, used, size, c.used, c.size)
		}
	}
}

func TestOneMoreCharacterDoesNotFit(t *testing.T) {
	t.Parallel()
	for _, c := range []string{"a", "ع"} {
		_, size := sms.Segment(c)
		if err := sms.Fits(strings.Repeat(c, size)); err != nil {
			t.Errorf("a full message does not fit: %v", err)
		}
		if err := sms.Fits(strings.Repeat(c, size+1)); !errors.Is(err, sms.ErrLong) {
			t.Errorf("%d characters fit a message of %d: %v", size+1, size, err)
		}
	}
	if sms.Fits(strings.Repeat("a", 158)+"€") != nil || sms.Fits(strings.Repeat("a", 159)+"€") == nil {
		t.Error("the euro sign takes two")
	}
	if sms.Fits("\xff") == nil {
		t.Error("what is no text fits")
	}
}
