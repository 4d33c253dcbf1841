package providertest_test

import (
	"bytes"
	"context"
	"slices"
	"sync"
	"time"

	"github.com/cofactor-mfa/cofactor/challenge"
	"github.com/cofactor-mfa/cofactor/factor"
	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/provider/providertest"
)

func stateControls() []control {
	return []control{
		{"matches without a factor", "own factor", func() providertest.Harness {
			return with(app(), changed{loginVerify: func(req provider.LoginRequest, ans provider.Answer, next matches) (provider.Match, error) {
				if len(req.Factors) == 0 {
					return provider.Match{}, nil
				}
				return next(req, ans)
			}})
		}},
		{"does not name the factor", "own factor", func() providertest.Harness {
			return with(app(), changed{loginVerify: func(req provider.LoginRequest, ans provider.Answer, next matches) (provider.Match, error) {
				m, err := next(req, ans)
				m.FactorID = ""
				return m, err
			}})
		}},
		{"names the first of several factors", "own factor", func() providertest.Harness {
			return with(paper(), changed{
				info: func(i provider.Info) provider.Info { i.Unguessable = true; return i },
				loginVerify: func(req provider.LoginRequest, ans provider.Answer, next matches) (provider.Match, error) {
					one := req
					for _, f := range req.Factors {
						one.Factors = []provider.Factor{f}
						if m, err := next(one, ans); err == nil {
							m.FactorID = req.Factors[0].ID
							return m, nil
						}
					}
					return provider.Match{}, provider.ErrRejected
				},
			})
		}},
		{"takes any version for its own", "unknown format", func() providertest.Harness {
			return with(app(), changed{loginVerify: func(req provider.LoginRequest, ans provider.Answer, next matches) (provider.Match, error) {
				f := req.Factors[0]
				if f.Data = bytes.Clone(f.Data); len(f.Data) > 0 {
					f.Data[0] = 1
				}
				req.Factors = []provider.Factor{f}
				return next(req, ans)
			}})
		}},
		{"takes no Data for nothing to check", "unknown format", func() providertest.Harness { // attack: A-68
			return with(app(), changed{loginVerify: func(req provider.LoginRequest, ans provider.Answer, next matches) (provider.Match, error) {
				if len(req.Factors) == 1 && len(req.Factors[0].Data) == 0 {
					return yes(req, ans, next)
				}
				return next(req, ans)
			}})
		}},
		{"panics on Data that is cut short", "unknown format", func() providertest.Harness {
			return with(app(), changed{loginVerify: func(req provider.LoginRequest, ans provider.Answer, next matches) (provider.Match, error) {
				if data := req.Factors[0].Data; len(data) > 1 {
					_ = data[10]
				}
				return next(req, ans)
			}})
		}},
		{"logs in with the code that enrolled", "set-up answer", func() providertest.Harness { // attack: A-25
			return with(app(), changed{setupVerify: func(req provider.SetupRequest, ans provider.Answer, next enrols) (provider.Enrollment, error) {
				e, err := next(req, ans)
				e.Data = ans.Private
				return e, err
			}})
		}},
		{"burns nothing (app)", "used up", func() providertest.Harness { return burnsNothing(app()) }},
		{"burns nothing (paper)", "used up", func() providertest.Harness { return burnsNothing(paper()) }},
		{"burns in its own memory", "replicas", func() providertest.Harness { return burnsHere(paper()) }},
		{"remembers by itself what it began", "replicas", func() providertest.Harness {
			h := sentCodes()
			original := h.New
			h.New = func() (provider.MultiFactorProvider, error) {
				p, err := original()
				begun := &sync.Map{}
				return changed{
					MultiFactorProvider: p,
					setupHook: func(req provider.SetupRequest, next offers) (provider.Prompt, error) {
						p, err := next(req)
						begun.Store(string(p.Private), true)
						return p, err
					},
					setupVerify: func(req provider.SetupRequest, ans provider.Answer, next enrols) (provider.Enrollment, error) {
						if _, ok := begun.Load(string(ans.Private)); !ok {
							return provider.Enrollment{}, provider.ErrRejected
						}
						return next(req, ans)
					},
				}, err
			}
			return h
		}},
		{"strikes codes out in the request", "hands off", func() providertest.Harness {
			return with(paper(), changed{loginVerify: func(req provider.LoginRequest, ans provider.Answer, next matches) (provider.Match, error) {
				m, err := next(req, ans)
				copy(req.Factors[0].Data, m.Data)
				return m, err
			}})
		}},
		{"returns the request's memory", "hands off", func() providertest.Harness {
			return with(app(), changed{setupHook: func(req provider.SetupRequest, next offers) (provider.Prompt, error) {
				p, err := next(req)
				if req.Previous != nil {
					p.Private = req.Previous
				}
				return p, err
			}})
		}},
		{"keeps the request's memory", "hands off", func() providertest.Harness {
			var kept []byte
			return with(sentCodes(), changed{loginHook: func(req provider.LoginRequest, next asks) (provider.Prompt, error) {
				if kept == nil {
					kept = req.Factors[0].Data
				}
				req.Factors = []provider.Factor{{ID: req.Factors[0].ID, Data: kept}}
				return next(req)
			}})
		}},
		{"lets those in who hang up", "cancelled", func() providertest.Harness {
			h := app()
			original := h.New
			h.New = func() (provider.MultiFactorProvider, error) {
				p, err := original()
				return hangUp{p}, err
			}
			return h
		}},
		{"mixes concurrent calls up", "concurrent use", func() providertest.Harness {
			var mu sync.Mutex
			var last provider.Answer
			return with(app(), changed{loginVerify: func(req provider.LoginRequest, ans provider.Answer, next matches) (provider.Match, error) {
				mu.Lock()
				last = ans
				mu.Unlock()
				time.Sleep(time.Millisecond)
				mu.Lock()
				defer mu.Unlock()
				return next(req, last)
			}})
		}},
		{"a factor store that redeems a challenge twice", "one challenge, many answers", func() providertest.Harness {
			h := sentCodes()
			h.Stores = func() (challenge.Store, factor.Store) { return challenge.NewMemory(), forgetful{factor.NewMemory()} }
			return h
		}},
		{"burns nothing, in a race (app)", "one answer, many challenges", func() providertest.Harness { return burnsNothing(app()) }},
		{"burns in its own memory, in a race (paper)", "one answer, many challenges", func() providertest.Harness { return burnsHere(paper()) }},
		{"burns in a memory that all replicas of a test share", "one answer, many challenges", func() providertest.Harness {
			var used sync.Map
			return burnsIn(paper(), func() *sync.Map { return &used })
		}},
		{"a challenge store that counts no attempts", "registry", func() providertest.Harness {
			h := app()
			h.Stores = func() (challenge.Store, factor.Store) { return tireless{challenge.NewMemory()}, factor.NewMemory() }
			return h
		}},
	}
}

func burnsNothing(h providertest.Harness) providertest.Harness {
	return with(h, changed{loginVerify: func(req provider.LoginRequest, ans provider.Answer, next matches) (provider.Match, error) {
		m, err := next(req, ans)
		m.Data = nil
		return m, err
	}})
}

// burnsHere remembers used answers in the memory of each replica, which is what a map behind a mutex does.
func burnsHere(h providertest.Harness) providertest.Harness {
	return burnsIn(h, func() *sync.Map { return new(sync.Map) })
}

func burnsIn(h providertest.Harness, memory func() *sync.Map) providertest.Harness {
	original := h.New
	h.New = func() (provider.MultiFactorProvider, error) {
		p, err := original()
		used := memory()
		return changed{MultiFactorProvider: p, loginVerify: func(req provider.LoginRequest, ans provider.Answer, next matches) (provider.Match, error) {
			m, err := next(req, ans)
			m.Data = nil
			if err == nil {
				if _, before := used.LoadOrStore(string(ans.Response), true); before {
					return provider.Match{}, provider.ErrRejected
				}
			}
			return m, err
		}}, err
	}
	return h
}

// hangUp takes the end of its context for a yes.
type hangUp struct{ provider.MultiFactorProvider }

func (p hangUp) LoginVerify(ctx context.Context, req provider.LoginRequest, ans provider.Answer) (provider.Match, error) {
	if ctx.Err() != nil {
		return yes(req, ans, nil)
	}
	return p.MultiFactorProvider.LoginVerify(ctx, req, ans)
}

// forgetful forgets what was redeemed, and writes rows whatever their version.
type forgetful struct{ *factor.Memory }

func (s forgetful) Apply(ctx context.Context, c factor.Change) error {
	c.Once = nil
	if c.Account != nil {
		return s.Memory.Apply(ctx, c)
	}
	snap, err := s.Load(ctx, c.Tenant, c.UserID)
	if err != nil {
		return err
	}
	c.Put = slices.Clone(c.Put)
	for i, f := range c.Put {
		if row, ok := snap.Factor(f.ID); ok {
			c.Put[i].Version = row.Version
		}
	}
	return s.Memory.Apply(ctx, c)
}

// tireless never runs out of attempts.
type tireless struct{ *challenge.Memory }

func (s tireless) Attempt(ctx context.Context, now time.Time, k challenge.Key, try string) (challenge.Record, error) {
	return s.Get(ctx, now, k, try)
}
