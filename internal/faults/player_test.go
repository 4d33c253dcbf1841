package faults_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/registry"
)

// player is a client of the deployment: one of several who act for the same user at the same time, on whichever replica.
type player struct {
	*world
	id   int
	user string
	dice *rand.Rand
}

// who is the user in a session of their own.
func (p *player) who() registry.Who {
	return registry.Who{User: provider.User{Tenant: tenant, ID: p.user, Name: p.user}, Binding: fmt.Sprint("session ", p.serial.Add(1))}
}

func (p *player) side() *registry.Registry { return p.sides[p.dice.IntN(len(p.sides))] }

func (p *player) chance(oneIn int) bool { return p.dice.IntN(oneIn) == 0 }

// answer is what is given to a challenge, and what the models need to know of it.
type answer struct {
	registry.Finish
	op       string // of the method that takes it
	right    bool
	answered *answered // unless it is good for its own challenge only
	changed  *changed  // what it does to the list of factors
	recovery bool      // it only stands in for a factor
}

// give answers a challenge on one replica.
func (p *player) give(side *registry.Registry, a answer) (registry.Login, registry.Code) {
	finish := map[string]func(context.Context, registry.Finish) (registry.Login, error){
		"finish_login": side.FinishLogin, "finish_step_up": side.FinishStepUp, "finish_setup": side.FinishSetup,
	}[a.op]
	var spent cost
	called := p.hist.now()
	login, code := try(p.world, a.op, func(ctx context.Context) (registry.Login, error) {
		if p.chance(5) { // and hangs up before the answer is there
			hasty, cancel := context.WithTimeout(ctx, time.Duration(1+p.dice.IntN(20))*time.Millisecond)
			defer cancel()
			ctx = hasty
		}
		return finish(spent.in(ctx), a.Finish)
	})
	if decided := code == ok || code == registry.ErrRejected; decided && !spent.charged {
		p.broke("%s: an answer was looked at for nothing", a.op)
	}
	if code == registry.ErrRejected && spent.back {
		p.broke("%s: a wrong answer cost nothing in the end", a.op)
	}
	note := func(model string, in any, out registry.Code) { p.hist.add(model, p.id, called, in, out, unknown(out)) }

	note(onceModel, presented{"challenge " + a.Challenge, a.right}, code)
	if a.answered != nil {
		note(answersModel, *a.answered, code)
	}
	if a.changed != nil {
		note(factorsModel, *a.changed, code)
	}
	if a.op == "finish_login" && (login.Satisfied || code != ok) {
		note(onceModel, presented{"login " + a.Pending, a.right}, code)
	}
	if code == ok && a.op == "finish_login" && login.Satisfied && !a.recovery {
		p.mu.Lock()
		p.logins++
		p.mu.Unlock()
	}
	if code != ok && (login.Satisfied || login.Proof != "") {
		p.broke("%s failed with %v, and returned a proof all the same", a.op, code)
	}
	return login, code
}

// say gives an answer, whatever comes of it.
func (p *player) say(side *registry.Registry, a answer) { _, _ = p.give(side, a) }

// both does two things at once, each on a replica of its own.
func (p *player) both(one, two func(*player, *registry.Registry)) {
	var wg sync.WaitGroup
	for i, do := range []func(*player, *registry.Registry){one, two} {
		own := *p
		own.dice = rand.New(rand.NewPCG(p.dice.Uint64(), 0))
		wg.Go(func() { do(&own, p.sides[i]) })
	}
	wg.Wait()
}

// twice gives the same answer to both replicas at once.
func (p *player) twice(a answer) (login registry.Login, won bool) {
	var mu sync.Mutex
	give := func(p *player, side *registry.Registry) {
		got, code := p.give(side, a)
		mu.Lock()
		defer mu.Unlock()
		if code == ok {
			login, won = got, true
		}
	}
	p.both(give, give)
	return login, won
}

// begun is a login that waits for an answer.
type begun struct {
	registry.Login
	registry.Challenge
	who  registry.Who
	name string // of the factor
}

// begin starts a login with one of the user's factors of a kind.
func (p *player) begin(kind string) (begun, bool) {
	return p.beginWith(func(c registry.Choice) bool { return c.Kind == kind })
}

// beginWith starts a login with one of the factors that fit.
func (p *player) beginWith(fits func(registry.Choice) bool) (begun, bool) {
	side, who := p.side(), p.who()
	login, code := try(p.world, "start_login", func(ctx context.Context) (registry.Login, error) {
		return side.StartLogin(ctx, registry.Start{Who: who, Primary: []string{"pwd"}})
	})
	if code != ok {
		return begun{}, false
	}
	if login.Satisfied {
		p.broke("a user with factors was signed in without one")
	}
	return p.choose(who, login, fits)
}

// choose begins a challenge within a login.
func (p *player) choose(who registry.Who, login registry.Login, fits func(registry.Choice) bool) (begun, bool) {
	fit := slices.DeleteFunc(slices.Clone(login.Choices), func(c registry.Choice) bool { return !fits(c) })
	if len(fit) == 0 {
		return begun{}, false
	}
	choice, side := fit[p.dice.IntN(len(fit))], p.side()
	ch, code := try(p.world, "begin_login", func(ctx context.Context) (registry.Challenge, error) {
		return side.BeginLogin(ctx, registry.Begin{Who: who, Pending: login.Pending, Factor: choice.Factor})
	})
	return begun{login, ch, who, choice.Label}, code == ok
}

// with is the answer to a begun login.
func (b begun) with(response json.RawMessage) answer {
	return answer{
		op:     "finish_login",
		Finish: registry.Finish{Who: b.who, Pending: b.Pending, Challenge: b.Challenge.ID, Response: response},
	}
}

// rightCode is an answer with a fresh code of the app.
func (p *player) rightCode(b begun) answer {
	phone := p.phone(b.name)
	code, n := phone.next()
	a := b.with(typed(code))
	a.right, a.answered = true, &answered{factor: phone.secret, n: n, right: true}
	return a
}

// wrongCode is an answer with a code of another app.
func (p *player) wrongCode(b begun) answer {
	phone := p.phone(b.name)
	_, n := phone.next()
	a := b.with(typed(appCode(fmt.Sprint(lastSecret), n)))
	a.answered = &answered{factor: phone.secret, n: n}
	return a
}

// signIn is a login as it should be.
func (p *player) signIn() (registry.Who, registry.Login, bool) {
	b, begun := p.begin("app")
	if !begun {
		return registry.Who{}, registry.Login{}, false
	}
	login, code := p.give(p.side(), p.rightCode(b))
	return b.who, login, code == ok
}

// attach sets up a factor, on the authority that e names, and says whether it was attached.
func (p *player) attach(e registry.Enrol, c changed) (registry.Login, bool) {
	side := p.side()
	e.Label = c.came
	ch, code := try(p.world, "begin_setup", func(ctx context.Context) (registry.Challenge, error) { return side.BeginSetup(ctx, e) })
	if code != ok {
		return registry.Login{}, false
	}
	a := answer{op: "finish_setup", right: true, changed: &c}
	a.Finish = registry.Finish{Who: e.Who, Pending: e.Pending, Challenge: ch.ID, Response: saved}
	p.mu.Lock()
	switch e.Kind {
	case "app":
		phone := &phone{secret: fmt.Sprint(ch.Public)}
		p.phones[c.came] = phone
		code, n := phone.next()
		a.Response, a.answered = typed(code), &answered{factor: phone.secret, n: n, right: true}
	case "post":
		a.Response = typed(p.post.received(ch.Public))
	case "backup":
		p.papers[c.came] = codesOn(ch.Public)
	}
	p.mu.Unlock()
	if p.chance(2) {
		return p.twice(a)
	}
	login, code := p.give(p.side(), a)
	return login, code == ok
}

// listed asks for the user's factors.
func (p *player) listed(side *registry.Registry) ([]registry.Attached, bool) {
	called := p.hist.now()
	who := p.who()
	have, code := try(p.world, "factors", func(ctx context.Context) ([]registry.Attached, error) { return side.Factors(ctx, who) })
	if code != ok {
		return nil, false
	}
	p.hist.add(factorsModel, p.id, called, changed{user: p.user}, list(labels(have)), false)
	return have, true
}

// apps are the names of the apps in a list.
func apps(have []registry.Attached) (apps []registry.Attached) {
	for _, f := range have {
		if strings.HasPrefix(f.Label, "app-") {
			apps = append(apps, f)
		}
	}
	return apps
}
