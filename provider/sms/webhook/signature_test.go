package webhook_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/cofactor-mfa/cofactor/provider/sms/webhook"
)

// golden was made by openssl dgst -sha256 -hmac.
const golden = "t=1898586000,v1=41d36c5019eb52a588a48f2f576b2fb1ff0c94560a3fde13d785885bf9ddf8cf"

func TestTheSignatureStaysAsItIs(t *testing.T) {
	t.Parallel()
	if got := webhook.Sign(secret, time.Unix(1898586000, 0), []byte(`{"to":"+1"}`)); got != golden {
		t.Errorf("receivers that know %s now get %s", golden, got)
	}
}

func TestOnlyAFreshSignatureByTheSecretIsRight(t *testing.T) {
	t.Parallel()
	body, other := []byte("body"), []byte("another secret, of 32 bytes too!")
	good := webhook.Sign(secret, now, body)
	stamp, _, _ := strings.Cut(good, ",")
	for name, c := range map[string]struct {
		now     time.Time
		header  string
		body    string
		secrets [][]byte
		right   bool
	}{
		"right":                     {now, good, "body", [][]byte{secret}, true},
		"by the older secret":       {now, good, "body", [][]byte{other, secret}, true},
		"5 minutes old":             {now.Add(webhook.Fresh), good, "body", [][]byte{secret}, true},
		"5 minutes early":           {now.Add(-webhook.Fresh), good, "body", [][]byte{secret}, true},
		"too old":                   {now.Add(webhook.Fresh + time.Second), good, "body", [][]byte{secret}, false},
		"from the future":           {now.Add(-webhook.Fresh - time.Second), good, "body", [][]byte{secret}, false},
		"another body":              {now, good, "Body", [][]byte{secret}, false},
		"another secret":            {now, good, "body", [][]byte{other}, false},
		"no secret":                 {now, good, "body", nil, false},
		"an empty secret":           {now, webhook.Sign(nil, now, body), "body", [][]byte{{}}, false},
		"a short secret":            {now, webhook.Sign([]byte("x"), now, body), "body", [][]byte{[]byte("x")}, false},
		"another time":              {now, strings.Replace(good, "t=1", "t=01", 1), "body", [][]byte{secret}, false},
		"the time moved":            {now, strings.Replace(good, stamp, stamp[:len(stamp)-1]+"1", 1), "body", [][]byte{secret}, false},
		"no header":                 {now, "", "body", [][]byte{secret}, false},
		"no signature":              {now, stamp, "body", [][]byte{secret}, false},
		"an empty signature":        {now, stamp + ",v1=", "body", [][]byte{secret}, false},
		"half a signature":          {now, good[:len(good)-2], "body", [][]byte{secret}, false},
		"more behind the signature": {now, good + "00", "body", [][]byte{secret}, false},
		"a time beyond all times":   {now, "t=9223372036854775807" + good[len(stamp):], "body", [][]byte{secret}, false},
	} {
		if err := webhook.Verify(c.now, c.header, []byte(c.body), c.secrets...); (err == nil) != c.right || err != nil && !errors.Is(err, webhook.ErrSignature) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzVerify(f *testing.F) {
	f.Add(webhook.Sign(secret, now, nil), []byte("body"))
	f.Add("t=,v1=", []byte{})
	f.Fuzz(func(t *testing.T, header string, body []byte) {
		if webhook.Verify(now, header, body, secret) == nil && header != webhook.Sign(secret, now, body) {
			if at, ok := strings.CutPrefix(header, "t="); !ok || !strings.Contains(at, ",v1=") {
				t.Errorf("%q is taken for a signature", header)
			}
		}
	})
}
