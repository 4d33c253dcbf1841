package sms_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/cofactor-mfa/cofactor/provider/sentcode"
	"github.com/cofactor-mfa/cofactor/provider/sms"
)

var now = time.Date(2030, time.March, 3, 9, 0, 0, 0, time.UTC)

// phones is a Sender that keeps the last message to each number.
type phones struct {
	mu   sync.Mutex
	last map[string]sms.Message
	sent int
	err  error
}

func (p *phones) Send(_ context.Context, m sms.Message) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.last == nil {
		p.last = map[string]sms.Message{}
	}
	p.last[m.To] = m
	p.sent++
	return p.err
}

func (p *phones) text(to string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.last[to].Text
}

func (p *phones) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.sent
}

func config(s sms.Sender) sms.Config {
	return sms.Config{Sender: s, App: "Acme", Host: "acme.example", Numbers: sms.Numbers{Countries: []string{"+44", "+1"}}}
}

func newProvider(t testing.TB, cfg sms.Config) *sentcode.Provider {
	t.Helper()
	p, err := sms.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return p
}
