package registry_test

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/cofactor-mfa/cofactor/provider"
)

// The kinds in this file are one of each sort that the contract knows, as small as they can be.

// newCounter is a kind whose codes outlive a challenge, like those of an authenticator app: each is a number above the last one that was used. The
// set-up uses rightCode up; later(1) is right then.
func newCounter() *secret {
	s := newSecret("app")
	s.onSetup = func(_ context.Context, _ provider.SetupRequest, ans provider.Answer) (provider.Enrollment, error) {
		if !right(ans) {
			return provider.Enrollment{}, provider.ErrRejected
		}
		return provider.Enrollment{Data: []byte("\x01" + rightCode), Label: "app"}, nil
	}
	s.onVerify = func(_ context.Context, req provider.LoginRequest, ans provider.Answer) (provider.Match, error) {
		typed, err := ans.Code()
		if err != nil {
			return provider.Match{}, err
		}
		f := req.Factors[0]
		last, err := strconv.Atoi(string(f.Data[1:]))
		if err != nil {
			return provider.Match{}, err
		}
		if n, err := strconv.Atoi(typed); err != nil || n <= last || n > last+1000 {
			return provider.Match{}, provider.ErrRejected
		}
		return provider.Match{FactorID: f.ID, Data: []byte("\x01" + typed)}, nil
	}
	return s
}

// later is the answer n codes after rightCode.
func later(n int) json.RawMessage {
	first, _ := strconv.Atoi(rightCode)
	return typed(strconv.Itoa(first + n))
}

// recovery is a set of codes of which each works once.
type recovery struct {
	kind string
	sets atomic.Int64
}

func newRecovery() *recovery { return &recovery{kind: "backup"} }

// recoveryCode is the n-th code of the set-th set that the kind has made.
func recoveryCode(set, n int) string { return fmt.Sprintf("7%02d%03d", set, n) }

func (p *recovery) Info() provider.Info {
	return provider.Info{Kind: p.kind, AMR: []string{"urn:test:recovery"}, Class: provider.Possession, Role: provider.Recovery}
}

func (p *recovery) SetupHook(context.Context, provider.SetupRequest) (provider.Prompt, error) {
	return provider.Prompt{}, nil
}

func (p *recovery) SetupVerify(_ context.Context, _ provider.SetupRequest, ans provider.Answer) (provider.Enrollment, error) {
	if !right(ans) {
		return provider.Enrollment{}, provider.ErrRejected
	}
	set := int(p.sets.Add(1))
	codes := []string{recoveryCode(set, 1), recoveryCode(set, 2), recoveryCode(set, 3)}
	return provider.Enrollment{Data: []byte("\x01" + strings.Join(codes, " ")), Label: "Backup codes", Once: codes}, nil
}

func (p *recovery) LoginHook(context.Context, provider.LoginRequest) (provider.Prompt, error) {
	return provider.Prompt{}, nil
}

func (p *recovery) LoginVerify(_ context.Context, req provider.LoginRequest, ans provider.Answer) (provider.Match, error) {
	typed, err := ans.Code()
	if err != nil {
		return provider.Match{}, err
	}
	left := strings.Fields(string(req.Factors[0].Data[1:]))
	for i, c := range left {
		if subtle.ConstantTimeCompare([]byte(c), []byte(typed)) == 1 {
			rest := append(left[:i:i], left[i+1:]...)
			return provider.Match{FactorID: req.Factors[0].ID, Data: []byte("\x01" + strings.Join(rest, " ")), Last: len(rest) == 0}, nil
		}
	}
	return provider.Match{}, provider.ErrRejected
}

// passkey is an unguessable kind that finds its user by the answer. An answer names the factor's handle and repeats the prompt's challenge.
type passkey struct {
	kind     string
	made     atomic.Int64
	verified bool // what it says of the user's presence
}

func newPasskey() *passkey { return &passkey{kind: "key", verified: true} }

func (p *passkey) Info() provider.Info {
	return provider.Info{Kind: p.kind, AMR: []string{"swk"}, Class: provider.Possession, PhishingResistant: true, Unguessable: true}
}

func (p *passkey) SetupHook(context.Context, provider.SetupRequest) (provider.Prompt, error) {
	return provider.Prompt{}, nil
}

func (p *passkey) SetupVerify(_ context.Context, req provider.SetupRequest, ans provider.Answer) (provider.Enrollment, error) {
	if !right(ans) {
		return provider.Enrollment{}, provider.ErrRejected
	}
	h := handleOf(req.User.ID, int(p.made.Add(1)))
	return provider.Enrollment{Data: []byte("\x01" + h), Handle: h, Label: "Passkey"}, nil
}

// handleOf is the handle of the n-th key that was attached anywhere, by this user.
func handleOf(user string, n int) string { return fmt.Sprintf("%s's key %d", user, n) }

func (p *passkey) LoginHook(context.Context, provider.LoginRequest) (provider.Prompt, error) {
	nonce := make([]byte, 16)
	_, _ = rand.Read(nonce)
	return provider.Prompt{Public: base64.RawURLEncoding.EncodeToString(nonce), Private: nonce}, nil
}

type assertion struct{ Handle, Nonce string }

// assert is the answer of the key with this handle to a challenge.
func assert(handle string, public any) json.RawMessage {
	nonce, _ := public.(string)
	b, err := json.Marshal(assertion{handle, nonce})
	if err != nil {
		panic(err)
	}
	return b
}

func (p *passkey) Locate(_ context.Context, ans provider.Answer) (string, error) {
	var a assertion
	if err := json.Unmarshal(ans.Response, &a); err != nil || a.Handle == "" {
		return "", provider.ErrInvalid
	}
	return a.Handle, nil
}

func (p *passkey) LoginVerify(_ context.Context, req provider.LoginRequest, ans provider.Answer) (provider.Match, error) {
	var a assertion
	if err := json.Unmarshal(ans.Response, &a); err != nil {
		return provider.Match{}, provider.ErrInvalid
	}
	nonce := base64.RawURLEncoding.EncodeToString(ans.Private)
	for _, f := range req.Factors {
		if string(f.Data) == "\x01"+a.Handle && len(ans.Private) == 16 && a.Nonce == nonce {
			return provider.Match{FactorID: f.ID, Verified: p.verified}, nil
		}
	}
	return provider.Match{}, provider.ErrRejected
}

// browser is a transient kind: a token that is replaced whenever it is used.
type browser struct{}

func (browser) Info() provider.Info {
	return provider.Info{Kind: "device", Class: provider.Possession, Role: provider.Transient, Unguessable: true}
}

func (browser) SetupHook(context.Context, provider.SetupRequest) (provider.Prompt, error) {
	return provider.Prompt{}, nil
}

func (browser) SetupVerify(_ context.Context, _ provider.SetupRequest, ans provider.Answer) (provider.Enrollment, error) {
	if !right(ans) {
		return provider.Enrollment{}, provider.ErrRejected
	}
	token := rand.Text()
	return provider.Enrollment{Data: []byte("\x01" + token), Once: token}, nil
}

func (browser) LoginHook(context.Context, provider.LoginRequest) (provider.Prompt, error) {
	return provider.Prompt{}, errors.New("a trusted browser is not asked")
}

func (browser) LoginVerify(_ context.Context, req provider.LoginRequest, ans provider.Answer) (provider.Match, error) {
	var token string
	if err := json.Unmarshal(ans.Response, &token); err != nil {
		return provider.Match{}, provider.ErrInvalid
	}
	for _, f := range req.Factors {
		if token != "" && subtle.ConstantTimeCompare(f.Data, []byte("\x01"+token)) == 1 {
			next := rand.Text()
			return provider.Match{FactorID: f.ID, Data: []byte("\x01" + next), Once: next}, nil
		}
	}
	return provider.Match{}, provider.ErrRejected
}

// mailer is a kind that sends its codes.
type mailer struct {
	kind   string
	mu     sync.Mutex
	sent   []string // the codes, in order
	code   string   // what the next prompt sends; rightCode if empty
	broken bool     // sending fails
	fault  error    // how; nil is with an error that tells too much
	uses   []provider.Use
}

func newMailer() *mailer {
	return &mailer{kind: "mail", uses: []provider.Use{{Budget: "address", Of: "alice@example.com"}, {Budget: "deployment"}}}
}

func (p *mailer) Info() provider.Info {
	return provider.Info{Kind: p.kind, AMR: []string{"otp"}, Class: provider.Possession, Channel: "email"}
}

func (p *mailer) prompt(previous []byte) provider.Prompt {
	p.mu.Lock()
	defer p.mu.Unlock()
	c := string(previous)
	if c == "" {
		if c = p.code; c == "" {
			c = rightCode
		}
	}
	send := func(context.Context) error {
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.broken && p.fault != nil {
			return p.fault
		}
		if p.broken {
			return errors.New("550 alice@example.com does not exist, code " + c)
		}
		p.sent = append(p.sent, c)
		return nil
	}
	return provider.Prompt{Private: []byte(c), Deliver: &provider.Delivery{Uses: p.uses, Send: send}}
}

// outbox returns the codes that were sent.
func (p *mailer) outbox() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.sent...)
}

func (p *mailer) set(code string, broken bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.code, p.broken = code, broken
}

func (p *mailer) SetupHook(_ context.Context, req provider.SetupRequest) (provider.Prompt, error) {
	return p.prompt(req.Previous), nil
}

func (p *mailer) SetupVerify(_ context.Context, _ provider.SetupRequest, ans provider.Answer) (provider.Enrollment, error) {
	if !matches(ans) {
		return provider.Enrollment{}, provider.ErrRejected
	}
	return provider.Enrollment{Data: []byte("\x01alice@example.com"), Hint: "a···@example.com"}, nil
}

func (p *mailer) LoginHook(_ context.Context, req provider.LoginRequest) (provider.Prompt, error) {
	return p.prompt(req.Previous), nil
}

func (p *mailer) LoginVerify(_ context.Context, req provider.LoginRequest, ans provider.Answer) (provider.Match, error) {
	if !matches(ans) {
		return provider.Match{}, provider.ErrRejected
	}
	return provider.Match{FactorID: req.Factors[0].ID}, nil
}

// matches compares an answer with the code of its challenge.
func matches(ans provider.Answer) bool {
	typed, err := ans.Code()
	return err == nil && len(ans.Private) > 0 && subtle.ConstantTimeCompare([]byte(typed), ans.Private) == 1
}

// otherBrowser is another transient kind.
type otherBrowser struct{ browser }

func (otherBrowser) Info() provider.Info {
	i := browser{}.Info()
	i.Kind = "kiosk"
	return i
}
