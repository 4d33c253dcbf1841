package demo

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"

	totpcode "github.com/pquerna/otp/totp"

	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/provider/totp"
)

// phone plays the authenticator app of people who have no phone at hand: it prints codes in the terminal. It can, because it keeps the
// secrets that the pages show; it is a convenience of the demo, and what no real site may do.
type phone struct {
	terminal *terminal
	now      func() time.Time
	keeps    bool
	mu       sync.Mutex
	offered  map[string]string // by user: the secret that was shown last, and is in no app yet
	apps     map[string][]*app // by user
}

// app is an authenticator app.
type app struct {
	secret string
	used   int64 // the newest half minute whose code was accepted
}

const (
	period     = 30 // seconds, like every authenticator app
	codeDigits = 6
)

func newPhone(t *terminal, cfg Config) *phone {
	return &phone{terminal: t, now: cfg.Now, keeps: cfg.KeepSecrets, offered: map[string]string{}, apps: map[string][]*app{}}
}

// withPhone is the provider of authenticator apps, with the phone listening to what it shows and accepts.
type withPhone struct {
	*totp.Provider
	phone *phone
}

var _ provider.MultiFactorProvider = withPhone{}

// SetupHook shows a secret, and the phone takes it.
func (p withPhone) SetupHook(ctx context.Context, req provider.SetupRequest) (provider.Prompt, error) {
	prompt, err := p.Provider.SetupHook(ctx, req)
	if shown, ok := prompt.Public.(totp.SetupPrompt); ok && err == nil {
		p.phone.offer(req.User, shown.Secret)
	}
	return prompt, err
}

// SetupVerify accepts the first code of an app.
func (p withPhone) SetupVerify(ctx context.Context, req provider.SetupRequest, ans provider.Answer) (provider.Enrollment, error) {
	e, err := p.Provider.SetupVerify(ctx, req, ans)
	if err == nil {
		p.phone.accepted(req.User, ans)
	}
	return e, err
}

// LoginVerify accepts a code, which is then used up.
func (p withPhone) LoginVerify(ctx context.Context, req provider.LoginRequest, ans provider.Answer) (provider.Match, error) {
	m, err := p.Provider.LoginVerify(ctx, req, ans)
	if err == nil {
		p.phone.spent(req.User, ans)
	}
	return m, err
}

// beside has the phone at hand wherever somebody is asked for a code.
func (p *phone) beside(all *sessions, pages http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asks := r.URL.Path == "/mfa/challenge" || r.URL.Path == "/mfa/confirm"
		if s, err := all.session(r); err == nil && asks && r.Method == http.MethodGet && s.User.ID != "" {
			p.ask(s.User)
		}
		pages.ServeHTTP(w, r)
	})
}

// offer prints the code of an app that is being set up.
func (p *phone) offer(u provider.User, secret string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.offered[u.ID] = secret
	p.print(u, &app{secret: secret})
}

// ask prints the code of the app that was set up last, if the demo knows it.
func (p *phone) ask(u provider.User) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if apps := p.apps[u.ID]; len(apps) > 0 {
		p.print(u, apps[len(apps)-1])
	}
}

// accepted learns that an app has been set up.
func (p *phone) accepted(u provider.User, ans provider.Answer) {
	p.mu.Lock()
	secret := p.offered[u.ID]
	delete(p.offered, u.ID)
	if p.keeps && secret != "" {
		p.apps[u.ID] = append(p.apps[u.ID], &app{secret: secret})
	}
	p.mu.Unlock()
	p.spent(u, ans)
}

// spent learns that a code was used up.
func (p *phone) spent(u provider.User, ans provider.Answer) {
	code, err := ans.Code()
	if err != nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, a := range p.apps[u.ID] {
		a.spend(code, p.step())
	}
}

func (p *phone) step() int64 { return p.now().Unix() / period }

// print shows a code that works: the current one or, if that was used, the next, which is accepted already.
func (p *phone) print(u provider.User, a *app) {
	step := max(p.step(), a.used+1)
	if step > p.step()+1 {
		wait := (p.step()+1)*period - p.now().Unix()
		p.terminal.remind(fmt.Sprintf("no phone? %s has used the current codes; load the page again in %d seconds (demo only)", u.Name, wait))
		return
	}
	code := a.code(step)
	p.terminal.remind(fmt.Sprintf("no phone? current code for %s: %s %s (demo only)", u.Name, code[:3], code[3:]))
}

func (a *app) spend(code string, now int64) {
	for step := now - 1; step <= now+1; step++ {
		if a.code(step) == code {
			a.used = max(a.used, step)
		}
	}
}

func (a *app) code(step int64) string {
	code, err := totpcode.GenerateCode(a.secret, time.Unix(step*period, 0))
	if err != nil { // The secret is one that cofactor has made.
		return fmt.Sprintf("%0*d", codeDigits, 0)
	}
	return code
}
