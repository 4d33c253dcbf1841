package webhook_test

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cofactor-mfa/cofactor/provider/sms/webhook"
)

// golden was made by openssl dgst -sha256 -hmac.
const golden = "v1,HqUmENsLIc1CHqQiAMRoXVTslwT/7uRkYgw9CuMoU1Q="

func TestTheSignatureStaysAsItIs(t *testing.T) {
	t.Parallel()
	if got := webhook.Sign(secret, "msg_1", time.Unix(1898586000, 0), []byte(`{"to":"+1"}`)); got != golden {
		t.Errorf("receivers that know %s now get %s", golden, got)
	}
}

func TestOnlyAFreshSignatureByTheSecretIsRight(t *testing.T) {
	t.Parallel()
	body, other, at := []byte("body"), []byte("another secret, of 32 bytes too!"), strconv.FormatInt(now.Unix(), 10)
	good := webhook.Sign(secret, "id", now, body)
	for name, c := range map[string]struct {
		now               time.Time
		id, at, signature string
		body              string
		secrets           [][]byte
		right             bool
	}{
		"right":                    {now, "id", at, good, "body", [][]byte{secret}, true},
		"by the older secret":      {now, "id", at, good, "body", [][]byte{other, secret}, true},
		"the second of two":        {now, "id", at, "v1,AAAA " + good, "body", [][]byte{secret}, true},
		"5 minutes old":            {now.Add(webhook.Fresh), "id", at, good, "body", [][]byte{secret}, true},
		"5 minutes early":          {now.Add(-webhook.Fresh), "id", at, good, "body", [][]byte{secret}, true},
		"too old":                  {now.Add(webhook.Fresh + time.Second), "id", at, good, "body", [][]byte{secret}, false},
		"from the future":          {now.Add(-webhook.Fresh - time.Second), "id", at, good, "body", [][]byte{secret}, false},
		"another body":             {now, "id", at, good, "Body", [][]byte{secret}, false},
		"another id":               {now, "ID", at, good, "body", [][]byte{secret}, false},
		"no id":                    {now, "", at, webhook.Sign(secret, "", now, body), "body", [][]byte{secret}, false},
		"an id with a full stop":   {now, "i.d", at, webhook.Sign(secret, "i.d", now, body), "body", [][]byte{secret}, false},
		"another time":             {now, "id", at[:len(at)-1] + "1", good, "body", [][]byte{secret}, false},
		"the time spelt otherwise": {now, "id", "+" + at, good, "body", [][]byte{secret}, false},
		"no time":                  {now, "id", "", good, "body", [][]byte{secret}, false},
		"a time beyond all times":  {now, "id", "9223372036854775807", webhook.Sign(secret, "id", time.Unix(1<<63-1, 0), body), "body", [][]byte{secret}, false},
		"another secret":           {now, "id", at, good, "body", [][]byte{other}, false},
		"no secret":                {now, "id", at, good, "body", nil, false},
		"an empty secret":          {now, "id", at, webhook.Sign(nil, "id", now, body), "body", [][]byte{{}}, false},
		"a short secret":           {now, "id", at, webhook.Sign([]byte("x"), "id", now, body), "body", [][]byte{[]byte("x")}, false},
		"no signature":             {now, "id", at, "", "body", [][]byte{secret}, false},
		"a signature of nothing":   {now, "id", at, "v1,", "body", [][]byte{secret}, false},
		"half a signature":         {now, "id", at, good[:len(good)/2], "body", [][]byte{secret}, false},
		"another version":          {now, "id", at, strings.Replace(good, "v1", "v1a", 1), "body", [][]byte{secret}, false},
		"seventeen signatures":     {now, "id", at, strings.Repeat("v1,AAAA ", 16) + good, "body", [][]byte{secret}, false},
	} {
		h := http.Header{webhook.HeaderID: {c.id}, webhook.HeaderTime: {c.at}, webhook.HeaderSignature: {c.signature}}
		if err := webhook.Verify(c.now, h, []byte(c.body), c.secrets...); (err == nil) != c.right || err != nil && !errors.Is(err, webhook.ErrSignature) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzVerify(f *testing.F) {
	f.Add("id", "1898759200", webhook.Sign(secret, "id", now, nil), []byte("body"))
	f.Add("", "", "v1,", []byte{})
	f.Fuzz(func(t *testing.T, id, at, signature string, body []byte) {
		h := http.Header{webhook.HeaderID: {id}, webhook.HeaderTime: {at}, webhook.HeaderSignature: {signature}}
		seconds, _ := strconv.ParseInt(at, 10, 64)
		if webhook.Verify(now, h, body, secret) == nil && !strings.Contains(signature, webhook.Sign(secret, id, time.Unix(seconds, 0), body)) {
			t.Errorf("%q is taken for a signature", signature)
		}
	})
}
