package pager_test

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/cofactor-mfa/cofactor/examples/pager"
	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/provider/providertest"
)

func TestProvider(t *testing.T) {
	t.Parallel()
	var pages sync.Map // the last text on each pager
	providertest.Run(t, providertest.Harness{
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
				code, _, _ := strings.Cut(text.(string), " ")
				return map[string]string{"code": code}
			}
		},
	})
}

func TestNumbers(t *testing.T) {
	t.Parallel()
	pages := pager.Provider(func(context.Context, string, string) error { return nil })
	for input, valid := range map[string]bool{
		`{"number":"4471"}`: true, `{"number":"123456789012"}`: true, `{"number":"4471","code":"000000"}`: true,
		"": false, "null": false, `"4471"`: false, `{"number":4471}`: false, `{"number":""}`: false, `{"number":"447"}`: false, `{"number":"1234567890123"}`: false,
		`{"number":"+4471"}`: false, `{"number":"44 71"}`: false, `{"number":"4471\n"}`: false, `{"number":"\uff14\uff14\uff17\uff11"}`: false,
	} {
		prompt, err := pages.SetupHook(t.Context(), provider.SetupRequest{Input: json.RawMessage(input)})
		if (err == nil) != valid || (err != nil && !errors.Is(err, provider.ErrInvalid)) {
			t.Errorf("%s: %v", input, err)
		}
		if strings.HasSuffix(string(prompt.Private), "000000") {
			t.Errorf("%s: the client chose the code", input)
		}
	}
}
