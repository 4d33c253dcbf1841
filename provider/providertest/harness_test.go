package providertest_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base32"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cofactor-mfa/cofactor/examples/pager"
	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/provider/backup"
	"github.com/cofactor-mfa/cofactor/provider/providertest"
	"github.com/cofactor-mfa/cofactor/provider/totp"
)

// harnesses are of kinds that differ in what a single answer is worth: a code that was sent is good for its challenge only, a code of an app for
// all challenges of the moment, a code on paper for ever.
var harnesses = map[string]func() providertest.Harness{"pager": sentCodes, "totp": app, "backup": paper}

func TestGoodProviders(t *testing.T) {
	t.Parallel()
	for name, harness := range harnesses {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			providertest.Run(t, harness())
		})
	}
}

func TestCheckFindsNothingWrongWithAGoodProvider(t *testing.T) {
	t.Parallel()
	if err := providertest.Check(app()); err != nil {
		t.Error(err)
	}
}

func sentCodes() providertest.Harness {
	var pages sync.Map
	return providertest.Harness{
		New: func() (provider.MultiFactorProvider, error) {
			return pager.Provider(func(_ context.Context, number, text string) error { pages.Store(number, text); return nil }), nil
		},
		Device: func(n int) providertest.Device {
			number := strconv.Itoa(1000 + n)
			return func(s providertest.Shown) any {
				if s.Step == providertest.Begin {
					return map[string]string{"number": number}
				}
				text, _ := pages.Load(number)
				code, _, _ := strings.Cut(fmt.Sprint(text), " ")
				return map[string]string{"code": code}
			}
		},
	}
}

func app() providertest.Harness {
	return providertest.Harness{
		New: func() (provider.MultiFactorProvider, error) { return totp.New(totp.Config{Issuer: "Example"}) },
		Device: func(int) providertest.Device {
			var secret string
			return func(s providertest.Shown) any {
				switch s.Step {
				case providertest.Begin:
					return nil
				case providertest.Enrol:
					secret = s.Text("secret")
				}
				return map[string]string{"code": code(secret, s.Now)}
			}
		},
	}
}

// code is RFC 6238 with its default parameters.
func code(secret string, now time.Time) string {
	key, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(secret)
	if err != nil {
		panic(err)
	}
	mac := hmac.New(sha1.New, key)
	mac.Write(binary.BigEndian.AppendUint64(nil, uint64(now.Unix()/30)))
	sum := mac.Sum(nil)
	at := sum[len(sum)-1] & 15
	return fmt.Sprintf("%06d", binary.BigEndian.Uint32(sum[at:])&0x7fffffff%1_000_000)
}

func paper() providertest.Harness {
	return providertest.Harness{
		New: func() (provider.MultiFactorProvider, error) { return backup.New(backup.Config{}) },
		Device: func(int) providertest.Device {
			var list struct{ Codes []string }
			return func(s providertest.Shown) any {
				switch s.Step {
				case providertest.Begin:
					return nil
				case providertest.Enrol:
					if err := json.Unmarshal(s.Public, &list); err != nil {
						panic(err)
					}
					return map[string]bool{"saved": true}
				}
				next := list.Codes[0]
				list.Codes = append(list.Codes[1:], next)
				return map[string]string{"code": next}
			}
		},
	}
}
