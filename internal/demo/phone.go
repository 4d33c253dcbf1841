package demo

import (
	"fmt"
	"sync"
	"time"

	"github.com/pquerna/otp/totp"
)

// phone plays the authenticator app of people who have no phone at hand: it prints codes in the terminal. It can, because it keeps the
// secrets that the pages show; it is a convenience of the demo, and what no real site may do.
type phone struct {
	terminal *terminal
	now      func() time.Time
	keeps    bool
	mu       sync.Mutex
	apps     map[string]*app // by factor
}

// app is an authenticator app.
type app struct {
	secret string
	used   int64 // the newest half minute whose code was accepted
}

const period = 30 // seconds, like every authenticator app

func newPhone(t *terminal, cfg Config) *phone {
	return &phone{terminal: t, now: cfg.Now, keeps: cfg.KeepSecrets, apps: map[string]*app{}}
}

// offer prints the code of an app that is being set up.
func (p *phone) offer(user, secret string) { p.print(user, &app{secret: secret}) }

// ask prints the code of an app that was set up before, if the demo knows it.
func (p *phone) ask(user, factor string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if a, known := p.apps[factor]; known {
		p.print(user, a)
	}
}

// accepted learns that an app has been set up with this code.
func (p *phone) accepted(factor, secret, code string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.keeps {
		p.apps[factor] = &app{secret: secret}
		p.apps[factor].spend(code, p.step())
	}
}

// spent learns that a code was used up.
func (p *phone) spent(factor, code string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if a, known := p.apps[factor]; known {
		a.spend(code, p.step())
	}
}

func (p *phone) step() int64 { return p.now().Unix() / period }

// print shows a code that works: the current one or, if that was used, the next, which is accepted already.
func (p *phone) print(user string, a *app) {
	step := max(p.step(), a.used+1)
	if step > p.step()+1 {
		wait := (p.step()+1)*period - p.now().Unix()
		p.terminal.remind(fmt.Sprintf("no phone? %s has used the current codes; load the page again in %d seconds (demo only)", user, wait))
		return
	}
	code := a.code(step)
	p.terminal.remind(fmt.Sprintf("no phone? current code for %s: %s %s (demo only)", user, code[:3], code[3:]))
}

func (a *app) spend(code string, now int64) {
	for step := now - 1; step <= now+1; step++ {
		if a.code(step) == code {
			a.used = max(a.used, step)
		}
	}
}

func (a *app) code(step int64) string {
	code, err := totp.GenerateCode(a.secret, time.Unix(step*period, 0))
	if err != nil { // The secret is one that cofactor has made.
		return fmt.Sprintf("%0*d", codeDigits, 0)
	}
	return code
}
