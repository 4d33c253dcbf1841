package faults_test

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/cofactor-mfa/cofactor/provider/backup"
	"github.com/cofactor-mfa/cofactor/registry"
)

// actions are what players do, with how often they do it compared with others.
func actions() []func(*player) {
	return []func(*player){
		(*player).answerTwice, (*player).answerTwice, (*player).answerTwice,
		(*player).guess, (*player).guess, (*player).guess,
		(*player).oneCodeTwoChallenges, (*player).oneCodeTwoChallenges,
		(*player).forkLogin,
		(*player).useBackupCode, (*player).useBackupCode,
		(*player).useMessage, (*player).useMessage,
		(*player).addApp, (*player).replaceApp, (*player).removeApp, (*player).renewCodes,
		(*player).confirmAndSpend, (*player).confirmAndSpend,
		(*player).look, (*player).look,
	}
}

func (p *player) answerTwice() {
	if b, ok := p.begin("app"); ok {
		p.twice(p.rightCode(b))
	}
}

// guess gives some wrong answers, some of them twice, before a right one.
func (p *player) guess() {
	b, ok := p.begin("app")
	if !ok {
		return
	}
	for range 1 + p.dice.IntN(4) {
		if wrong := p.wrongCode(b); p.chance(3) {
			p.twice(wrong)
		} else {
			p.say(p.side(), wrong)
		}
	}
	if p.chance(2) {
		p.say(p.side(), p.rightCode(b))
	}
}

// oneCodeTwoChallenges uses one code in two logins at once, each on a replica of its own, and then in both again.
func (p *player) oneCodeTwoChallenges() {
	first, one := p.begin("app")
	second, two := p.begin("app")
	if !one || !two || first.name != second.name {
		return
	}
	a := p.rightCode(first)
	b := second.with(a.Response)
	b.right, b.answered = true, a.answered
	p.both(func(p *player, side *registry.Registry) { p.say(side, a) }, func(p *player, side *registry.Registry) { p.say(side, b) })
	p.say(p.side(), b)
	p.say(p.side(), a)
}

// forkLogin finishes one login by two challenges at once, with a right answer each.
func (p *player) forkLogin() {
	first, one := p.begin("app")
	if !one {
		return
	}
	second, two := p.choose(first.who, first.Login, func(c registry.Choice) bool { return c.Kind == "app" })
	if !two {
		return
	}
	a, b := p.rightCode(first), p.rightCode(second)
	p.both(func(p *player, side *registry.Registry) { p.say(side, a) }, func(p *player, side *registry.Registry) { p.say(side, b) })
}

func (p *player) useBackupCode() {
	first, one := p.begin("backup")
	if !one {
		return
	}
	set := p.paper(first.name)
	n := p.dice.IntN(len(set))
	give := func(b begun) answer {
		a := b.with(json.RawMessage(fmt.Sprintf(`{"code":%q}`, set[n])))
		a.right, a.recovery = true, true
		a.answered = &answered{factor: fmt.Sprint(first.name, " code ", n), n: 1, right: true, mayFail: true}
		return a
	}
	p.twice(give(first))
	if second, two := p.begin("backup"); two && second.name == first.name {
		p.twice(give(second))
	}
}

// useMessage has a code sent, perhaps once more, and answers with it.
func (p *player) useMessage() {
	b, ok := p.begin("post")
	if !ok {
		return
	}
	if p.chance(2) {
		side := p.side()
		_, _ = try(p.world, "resend", func(ctx context.Context) (registry.Challenge, error) {
			return side.Resend(ctx, registry.Again{Who: b.who, Challenge: b.Challenge.ID})
		})
	}
	if p.chance(3) {
		p.say(p.side(), b.with(typed("000000000000")))
	}
	a := b.with(typed(p.post.received(b.Public)))
	a.right = true
	p.twice(a)
}

func (p *player) addApp() {
	if who, login, in := p.signIn(); in {
		p.attach(registry.Enrol{Who: who, Proof: login.Proof, Kind: "app"}, changed{user: p.user, came: p.name("app")})
	}
}

func (p *player) replaceApp() {
	have, listed := p.listed(p.side())
	who, login, in := p.signIn()
	if !listed || !in || len(apps(have)) == 0 {
		return
	}
	old := apps(have)[p.dice.IntN(len(apps(have)))]
	e := registry.Enrol{Who: who, Proof: login.Proof, Kind: "app", Replaces: old.ID}
	p.attach(e, changed{user: p.user, came: p.name("app"), gone: old.Label})
}

// removeApp removes an app, on both replicas at once. It leaves one, so that players find something to do.
func (p *player) removeApp() {
	have, listed := p.listed(p.side())
	who, login, in := p.signIn()
	if !listed || !in || len(apps(have)) < 3 {
		return
	}
	old := apps(have)[p.dice.IntN(len(apps(have)))]
	remove := func(p *player, side *registry.Registry) { p.remove(side, who, login, old) }
	p.both(remove, remove)
}

func (p *player) remove(side *registry.Registry, who registry.Who, login registry.Login, f registry.Attached) {
	called := p.hist.now()
	_, code := try(p.world, "remove", func(ctx context.Context) (registry.Login, error) {
		return side.Remove(ctx, registry.Manage{Who: who, Proof: login.Proof, Factor: f.ID})
	})
	p.hist.add(factorsModel, p.id, called, changed{user: p.user, gone: f.Label}, code, unknown(code))
}

func (p *player) renewCodes() {
	if who, login, in := p.signIn(); in {
		e := registry.Enrol{Who: who, Proof: login.Proof, Kind: "backup"}
		p.attach(e, changed{user: p.user, came: p.name("codes"), renews: "codes-"})
	}
}

const action = "Send 500 EUR to ACME"

// confirmAndSpend steps up, with an app or a message, and spends the proof on both replicas at once.
func (p *player) confirmAndSpend() {
	have, listed := p.listed(p.side())
	if !listed || len(apps(have)) == 0 {
		return
	}
	step, side, who := registry.StepUp{Kind: "post", Action: action}, p.side(), p.who()
	f := apps(have)[0]
	if p.chance(2) {
		step.Kind, step.Factor = "app", f.ID
	}
	step.Who = who
	ch, code := try(p.world, "begin_step_up", func(ctx context.Context) (registry.Challenge, error) { return side.BeginStepUp(ctx, step) })
	if code != ok {
		return
	}
	b := begun{Challenge: ch, who: who, name: f.Label}
	a := b.with(typed(p.post.received(ch.Public)))
	if a.right = true; step.Kind == "app" {
		a = p.rightCode(b)
	}
	a.op = "finish_step_up"
	login, won := p.twice(a)
	if !won {
		return
	}
	spend := func(p *player, side *registry.Registry) {
		called := p.hist.now()
		_, code := try(p.world, "consume", func(ctx context.Context) (struct{}, error) {
			return struct{}{}, side.Consume(ctx, login.Proof, registry.Need{Who: who, Action: action})
		})
		p.hist.add(onceModel, p.id, called, presented{"proof " + login.Proof, true}, code, unknown(code))
	}
	p.both(spend, spend)
}

func (p *player) look() { p.listed(p.side()) }

// codesOn are the backup codes of a set that is being shown.
func codesOn(public any) []string { return public.(backup.Shown).Codes }
