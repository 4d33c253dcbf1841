package faults_test

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"math/big"
	"strconv"
	"sync"

	"github.com/cofactor-mfa/cofactor/provider"
)

// An app is a kind whose codes outlive a challenge, like those of an authenticator app without its clock: a code is the factor's
// secret and a number, and right if the number is higher than any that was used. So a test always knows a fresh right answer, and which
// answers every accepted one has used up.
type app struct {
	mu   sync.Mutex
	made int
}

const (
	firstSecret = 1000
	lastSecret  = 9999
)

// appCode is the n-th code of the app with this secret.
func appCode(secret string, n int) string { return fmt.Sprintf("%s%06d", secret, n) }

// appData is what is kept of an app: a version, the secret, the number that was used last.
func appData(secret string, last int) []byte { return []byte("\x01" + appCode(secret, last)) }

func splitApp(code string) (secret string, n int, ok bool) {
	if len(code) != 10 {
		return "", 0, false
	}
	n, err := strconv.Atoi(code[4:])
	return code[:4], n, err == nil && n > 0
}

func (*app) Info() provider.Info {
	return provider.Info{Kind: "app", AMR: []string{"otp"}, Class: provider.Possession}
}

// SetupHook shows a secret that no other factor has had in this test.
func (a *app) SetupHook(_ context.Context, req provider.SetupRequest) (provider.Prompt, error) {
	secret := string(req.Previous)
	if secret == "" {
		a.mu.Lock()
		secret = strconv.Itoa(firstSecret + a.made)
		a.made++
		a.mu.Unlock()
	}
	return provider.Prompt{Public: secret, Private: []byte(secret)}, nil
}

func (*app) SetupVerify(_ context.Context, _ provider.SetupRequest, ans provider.Answer) (provider.Enrollment, error) {
	code, err := ans.Code()
	if err != nil {
		return provider.Enrollment{}, err
	}
	secret, n, ok := splitApp(code)
	if !ok || secret != string(ans.Private) {
		return provider.Enrollment{}, provider.ErrRejected
	}
	return provider.Enrollment{Data: appData(secret, n), Label: "App"}, nil
}

func (*app) LoginHook(context.Context, provider.LoginRequest) (provider.Prompt, error) {
	return provider.Prompt{}, nil
}

func (*app) LoginVerify(_ context.Context, req provider.LoginRequest, ans provider.Answer) (provider.Match, error) {
	code, err := ans.Code()
	if err != nil {
		return provider.Match{}, err
	}
	f := req.Factors[0]
	want, last, err := lastUsed(f.Data)
	if err != nil {
		return provider.Match{}, err
	}
	secret, n, ok := splitApp(code)
	if !ok || secret != want || n <= last {
		return provider.Match{}, provider.ErrRejected
	}
	return provider.Match{FactorID: f.ID, Data: appData(secret, n)}, nil
}

func lastUsed(data []byte) (secret string, n int, err error) {
	if len(data) != 11 || data[0] != 1 {
		return "", 0, fmt.Errorf("an app's record has %d bytes", len(data))
	}
	secret, n, _ = splitApp(string(data[1:]))
	return secret, n, nil
}

// A post is a kind that sends its codes, of which each is for one challenge. The prompt shows a reference, and the message with the same
// reference has the code.
type post struct {
	mu   sync.Mutex
	sent map[string]string
}

func newPost() *post { return &post{sent: map[string]string{}} }

// received is the code of the message with this reference; "" if none has arrived.
func (p *post) received(reference any) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.sent[fmt.Sprint(reference)]
}

func (*post) Info() provider.Info {
	return provider.Info{Kind: "post", AMR: []string{"otp"}, Class: provider.Possession, Channel: "email"}
}

func (p *post) prompt(user string, previous []byte) provider.Prompt {
	code := string(previous)
	if code == "" {
		n, _ := rand.Int(rand.Reader, big.NewInt(1e12))
		code = fmt.Sprintf("%012d", n)
	}
	reference := fmt.Sprintf("%x", sha256.Sum256([]byte(code)))[:16]
	send := func(context.Context) error {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.sent[reference] = code
		return nil
	}
	uses := []provider.Use{{Budget: "address", Of: user}}
	return provider.Prompt{Public: reference, Private: []byte(code), Deliver: &provider.Delivery{Uses: uses, Send: send}}
}

func (p *post) SetupHook(_ context.Context, req provider.SetupRequest) (provider.Prompt, error) {
	return p.prompt(req.User.ID, req.Previous), nil
}

func (*post) SetupVerify(_ context.Context, req provider.SetupRequest, ans provider.Answer) (provider.Enrollment, error) {
	if !repeats(ans) {
		return provider.Enrollment{}, provider.ErrRejected
	}
	return provider.Enrollment{Data: []byte("\x01" + req.User.ID), Label: "Post"}, nil
}

func (p *post) LoginHook(_ context.Context, req provider.LoginRequest) (provider.Prompt, error) {
	return p.prompt(req.User.ID, req.Previous), nil
}

func (*post) LoginVerify(_ context.Context, req provider.LoginRequest, ans provider.Answer) (provider.Match, error) {
	if !repeats(ans) {
		return provider.Match{}, provider.ErrRejected
	}
	return provider.Match{FactorID: req.Factors[0].ID}, nil
}

// repeats says that the answer is the code of its own challenge.
func repeats(ans provider.Answer) bool {
	code, err := ans.Code()
	return err == nil && len(ans.Private) > 0 && code == string(ans.Private)
}

func typed(code string) json.RawMessage { return json.RawMessage(fmt.Sprintf(`{"code":%q}`, code)) }

// saved is what finishes a set of backup codes.
var saved = json.RawMessage(`{"saved":true}`)
