package providertest_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/provider/providertest"
)

func answerControls() []control {
	return []control{
		{"says yes to everything", "junk", func() providertest.Harness { return yesSayer() }},
		{"accepts the empty code", "junk", func() providertest.Harness { // attack: A-68
			return with(app(), changed{loginVerify: func(req provider.LoginRequest, ans provider.Answer, next matches) (provider.Match, error) {
				var in struct{ Code string }
				if json.Unmarshal(ans.Response, &in) == nil && in.Code == "" {
					return yes(req, ans, next)
				}
				return next(req, ans)
			}})
		}},
		{"panics on junk", "junk", func() providertest.Harness {
			return with(app(), changed{loginVerify: func(req provider.LoginRequest, ans provider.Answer, next matches) (provider.Match, error) {
				_ = ans.Response[1]
				return next(req, ans)
			}})
		}},
		{"gives attempts back", "junk", func() providertest.Harness {
			return with(app(), changed{loginVerify: func(req provider.LoginRequest, ans provider.Answer, next matches) (provider.Match, error) {
				m, err := next(req, ans)
				if err != nil {
					err = errors.New("malformed")
				}
				return m, err
			}})
		}},
		{"enrols on junk", "junk", func() providertest.Harness {
			return with(paper(), changed{setupVerify: func(req provider.SetupRequest, ans provider.Answer, next enrols) (provider.Enrollment, error) {
				ans.Response = json.RawMessage(`{"saved":true}`)
				return next(req, ans)
			}})
		}},
		{"reads any JSON with a code in it", "one spelling", func() providertest.Harness { // attack: A-161
			return reads(func(response json.RawMessage) string {
				var in struct{ Code string }
				_ = json.Unmarshal(response, &in)
				return in.Code
			})
		}},
		{"reads only the first value", "one spelling", func() providertest.Harness {
			return reads(func(response json.RawMessage) string {
				var in map[string]string
				_ = json.NewDecoder(bytes.NewReader(response)).Decode(&in)
				return in["code"]
			})
		}},
		{"trims the code", "one spelling", func() providertest.Harness {
			return reads(func(response json.RawMessage) string {
				text, _ := provider.Answer{Response: response}.Text()
				return strings.TrimFunc(text, func(c rune) bool { return c < '0' || c > '9' })
			})
		}},
		{"cuts the code to its length", "one spelling", func() providertest.Harness {
			return reads(func(response json.RawMessage) string {
				text, _ := provider.Answer{Response: response}.Text()
				return text[:min(6, len(text))]
			})
		}},
		{"takes everybody's codes", "wrong answers", func() providertest.Harness { // attack: A-63
			known := &sync.Map{}
			return with(paper(), changed{
				setupHook: func(req provider.SetupRequest, next offers) (provider.Prompt, error) {
					p, err := next(req)
					for _, c := range jsonCodes(p.Public) {
						known.Store(c, true)
					}
					return p, err
				},
				loginVerify: func(req provider.LoginRequest, ans provider.Answer, next matches) (provider.Match, error) {
					text, _ := ans.Text()
					if _, ok := known.Load(text); ok {
						return yes(req, ans, next)
					}
					return next(req, ans)
				},
			})
		}},
		{"gives attempts with wrong codes back", "wrong answers", func() providertest.Harness {
			return with(app(), changed{loginVerify: func(req provider.LoginRequest, ans provider.Answer, next matches) (provider.Match, error) {
				m, err := next(req, ans)
				if errors.Is(err, provider.ErrRejected) {
					err = errors.New("wrong")
				}
				return m, err
			}})
		}},
		{"quotes the answer", "wrong answers", func() providertest.Harness {
			return with(app(), changed{loginVerify: func(req provider.LoginRequest, ans provider.Answer, next matches) (provider.Match, error) {
				m, err := next(req, ans)
				if err != nil {
					err = fmt.Errorf("%w: %s", err, ans.Response)
				}
				return m, err
			}})
		}},
		{"compares as far as there is something", "own challenge", func() providertest.Harness {
			return with(sentCodes(), changed{loginVerify: func(req provider.LoginRequest, ans provider.Answer, next matches) (provider.Match, error) {
				if len(ans.Private) == 0 {
					return yes(req, ans, next)
				}
				return next(req, ans)
			}})
		}},
		{"does not look at the challenge", "own challenge", func() providertest.Harness {
			return with(sentCodes(), changed{loginVerify: func(req provider.LoginRequest, ans provider.Answer, next matches) (provider.Match, error) {
				code, err := ans.Code()
				ans.Private = append(bytes.Clone(req.Factors[0].Data), code...)
				if err != nil {
					return provider.Match{}, err
				}
				return next(req, ans)
			}})
		}},
	}
}

// reads is a provider with a reader of its own for what the client sends.
func reads(read func(json.RawMessage) string) providertest.Harness {
	return with(sentCodes(), changed{loginVerify: func(req provider.LoginRequest, ans provider.Answer, next matches) (provider.Match, error) {
		strict, err := json.Marshal(map[string]string{"code": read(ans.Response)})
		if err != nil {
			return provider.Match{}, err
		}
		return next(req, provider.Answer{Private: ans.Private, Response: strict})
	}})
}

func jsonCodes(public any) []string {
	b, _ := json.Marshal(public)
	var list struct{ Codes []string }
	_ = json.Unmarshal(b, &list)
	return list.Codes
}
