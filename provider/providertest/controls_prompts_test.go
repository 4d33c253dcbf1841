package providertest_test

import (
	"encoding/hex"
	"fmt"
	"sync"
	"time"

	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/provider/providertest"
)

func promptControls() []control {
	return []control{
		{"refuses everything", "right answers", func() providertest.Harness {
			return with(app(), changed{loginVerify: func(provider.LoginRequest, provider.Answer, matches) (provider.Match, error) {
				return provider.Match{}, provider.ErrRejected
			}})
		}},
		{"has a clock of its own", "right answers", func() providertest.Harness {
			return with(app(), changed{loginVerify: func(req provider.LoginRequest, ans provider.Answer, next matches) (provider.Match, error) {
				req.Now = time.Now()
				return next(req, ans)
			}})
		}},
		{"has no class", "info", func() providertest.Harness {
			return with(app(), changed{info: func(i provider.Info) provider.Info { i.Class = 0; return i }})
		}},
		{"changes its Info", "info", func() providertest.Harness {
			calls := counter()
			return with(app(), changed{info: func(i provider.Info) provider.Info { i.TTL = time.Duration(calls()); return i }})
		}},
		{"remembers too much", "sizes", func() providertest.Harness {
			return with(sentCodes(), changed{loginHook: func(req provider.LoginRequest, next asks) (provider.Prompt, error) {
				p, err := next(req)
				p.Private = make([]byte, 4<<10+1)
				return p, err
			}})
		}},
		{"enrols nothing", "sizes", func() providertest.Harness {
			return with(sentCodes(), changed{
				setupVerify: func(req provider.SetupRequest, ans provider.Answer, next enrols) (provider.Enrollment, error) {
					e, err := next(req, ans)
					e.Data = nil
					return e, err
				},
				loginHook: func(provider.LoginRequest, asks) (provider.Prompt, error) {
					return provider.Prompt{}, nil
				},
				loginVerify: yes,
			})
		}},
		{"keeps too much", "sizes", func() providertest.Harness {
			return with(paper(), changed{loginVerify: func(req provider.LoginRequest, ans provider.Answer, next matches) (provider.Match, error) {
				m, err := next(req, ans)
				m.Data = append(m.Data, make([]byte, 16<<10)...)
				return m, err
			}})
		}},
		{"shows what is not JSON", "public", func() providertest.Harness { return shows(func(provider.Factor, []byte) any { return make(chan int) }) }},
		{"shows the code", "public", func() providertest.Harness {
			return shows(func(_ provider.Factor, private []byte) any {
				return map[string]any{"debug": []string{string(private[len(private)-6:])}}
			})
		}},
		{"shows its Data", "public", func() providertest.Harness {
			return shows(func(f provider.Factor, _ []byte) any { return hex.EncodeToString(f.Data) })
		}},
		{"sends to nobody", "delivery", func() providertest.Harness {
			return delivers(func(d *provider.Delivery) { d.Uses = []provider.Use{{Budget: "address"}} })
		}},
		{"sends to someone else the second time", "delivery", func() providertest.Harness {
			calls := counter()
			return delivers(func(d *provider.Delivery) { d.Uses = []provider.Use{{Budget: "address", Of: fmt.Sprint(calls())}} })
		}},
		{"limits by the code and not by the address", "delivery", func() providertest.Harness {
			return with(sentCodes(), changed{loginHook: func(req provider.LoginRequest, next asks) (provider.Prompt, error) {
				p, err := next(req)
				if err == nil {
					p.Deliver.Uses = []provider.Use{{Budget: "address", Of: string(p.Private)}}
				}
				return p, err
			}})
		}},
		{"has nothing to send with", "delivery", func() providertest.Harness {
			return delivers(func(d *provider.Delivery) { d.Send = nil })
		}},
		{"makes a new secret on reload", "same prompt again", func() providertest.Harness {
			return with(app(), changed{setupHook: func(req provider.SetupRequest, next offers) (provider.Prompt, error) {
				req.Previous = nil
				return next(req)
			}})
		}},
		{"makes a new code on resend", "same prompt again", func() providertest.Harness {
			return with(sentCodes(), changed{loginHook: func(req provider.LoginRequest, next asks) (provider.Prompt, error) {
				req.Previous = nil
				return next(req)
			}})
		}},
		{"does not resend", "same prompt again", func() providertest.Harness {
			return with(sentCodes(), changed{loginHook: func(req provider.LoginRequest, next asks) (provider.Prompt, error) {
				p, err := next(req)
				if req.Previous != nil {
					p.Deliver = nil
				}
				return p, err
			}})
		}},
		{"hands out one secret", "new secret", func() providertest.Harness {
			var once sync.Once
			var first []byte
			return with(app(), changed{setupHook: func(req provider.SetupRequest, next offers) (provider.Prompt, error) {
				p, err := next(req)
				once.Do(func() { first = p.Private })
				req.Previous = first
				if err != nil {
					return p, err
				}
				return next(req)
			}})
		}},
	}
}

func shows(public func(provider.Factor, []byte) any) providertest.Harness {
	return with(sentCodes(), changed{loginHook: func(req provider.LoginRequest, next asks) (provider.Prompt, error) {
		p, err := next(req)
		if err == nil {
			p.Public = public(req.Factors[0], p.Private)
		}
		return p, err
	}})
}

func delivers(change func(*provider.Delivery)) providertest.Harness {
	return with(sentCodes(), changed{loginHook: func(req provider.LoginRequest, next asks) (provider.Prompt, error) {
		p, err := next(req)
		if err == nil {
			change(p.Deliver)
		}
		return p, err
	}})
}

func counter() func() int {
	var mu sync.Mutex
	n := 0
	return func() int {
		mu.Lock()
		defer mu.Unlock()
		n++
		return n
	}
}
