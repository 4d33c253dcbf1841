package faults_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cofactor-mfa/cofactor/cofactortest"
)

// customers are people who sign in at the balancer, each by codes that work once.
type customers struct {
	t       testing.TB
	balance *balancer
	codes   chan ticket
	pace    time.Duration // between two sign-ins

	accepted, unheard, again atomic.Int64
	mu                       sync.Mutex
	faults                   []string
	names                    []string
	spent                    map[string]int // codes used or perhaps used, by name
}

// ticket is one backup code of somebody's.
type ticket struct{ name, code string }

const password = "correct horse"

// browser is somebody's, with its one cookie. It asks the balancer, or the replica at.
type browser struct {
	all    *customers
	cookie string
	at     string
}

// heard is what the site answers.
type heard struct {
	SignedIn  bool `json:"signed_in"`
	Challenge string
	Public    json.RawMessage
	Choices   []string
	Factors   []string
	Error     string
}

var errUnheard = errors.New("no answer, or one that says nothing")

// post asks whichever replica is next. errUnheard says that nobody knows whether it was done.
func (b *browser) post(path string, in map[string]any) (heard, error) {
	body, err := json.Marshal(in)
	if err != nil {
		return heard{}, err
	}
	req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, cmp.Or(b.at, b.all.balance.url)+path, bytes.NewReader(body))
	if err != nil {
		return heard{}, err
	}
	if b.cookie != "" {
		req.AddCookie(&http.Cookie{Name: "session", Value: b.cookie})
	}
	res, err := b.all.balance.client.Do(req)
	if err != nil {
		return heard{}, fmt.Errorf("%w: %w", errUnheard, err)
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode >= http.StatusInternalServerError {
		return heard{}, fmt.Errorf("%w: %s %s", errUnheard, res.Status, text)
	}
	for _, c := range res.Cookies() {
		b.cookie = c.Value
	}
	var s heard
	return s, json.Unmarshal(text, &s)
}

// patiently asks until there is an answer, of what may be asked any number of times.
func (b *browser) patiently(path string, in map[string]any) heard {
	for began := time.Now(); ; time.Sleep(50 * time.Millisecond) {
		s, err := b.post(path, in)
		if err == nil {
			return s
		}
		if time.Since(began) > startTime {
			b.all.broke("%s: no answer within %v: %v", path, startTime, err)
			return heard{}
		}
	}
}

func (c *customers) broke(format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.faults) < 20 {
		c.faults = append(c.faults, fmt.Sprintf(format, args...))
	}
}

// enrol attaches an authenticator app and ten codes to somebody.
func (c *customers) enrol(name string) (codes []string) {
	c.t.Helper()
	b := &browser{all: c}
	b.patiently("/sign-in", map[string]any{"name": name, "password": password})
	s := b.patiently("/begin-setup", map[string]any{"kind": "totp"})
	var prompt struct{ URI string }
	if err := json.Unmarshal(s.Public, &prompt); err != nil {
		c.t.Fatalf("no prompt for an app: %v, %+v", err, s)
	}
	app := cofactortest.NewApp(c.t, prompt.URI, time.Now)
	if s = b.patiently("/finish-setup", map[string]any{"challenge": s.Challenge, "response": app.Answer()}); !s.SignedIn {
		c.t.Fatalf("%s cannot attach an app: %+v", name, s)
	}
	s = b.patiently("/begin-setup", map[string]any{"kind": "backup"})
	var shown struct{ Codes []string }
	if err := json.Unmarshal(s.Public, &shown); err != nil || len(shown.Codes) == 0 {
		c.t.Fatalf("no codes: %v, %+v", err, s)
	}
	if s = b.patiently("/finish-setup", map[string]any{"challenge": s.Challenge, "response": saved}); s.Error != "" {
		c.t.Fatalf("%s cannot attach codes: %+v", name, s)
	}
	return shown.Codes
}

// come enrols people, who then have codes to sign in with.
func (c *customers) come(people int) {
	c.t.Helper()
	var all [][]string
	for i := range people {
		c.names = append(c.names, fmt.Sprintf("user-%d", i))
		all = append(all, c.enrol(c.names[i]))
	}
	for n := range all[0] {
		for i, codes := range all {
			c.codes <- ticket{c.names[i], codes[n]}
		}
	}
}

// shop signs in with code after code, until told to stop: the fewer there are the slower, so that a slow machine has some left at the end.
func (c *customers) shop(stop <-chan struct{}) {
	for {
		select {
		case <-stop:
			return
		case <-time.After(c.pace * time.Duration(cap(c.codes)) / time.Duration(len(c.codes)+1)):
		}
		select {
		case t := <-c.codes:
			c.use(t)
		default:
			c.broke("all codes were used before everything had happened")
			return
		}
	}
}

// use signs in with a code that was not used before, and sends it to two replicas at once. One takes it, unless a reply is lost; two never do.
func (c *customers) use(t ticket) {
	c.mu.Lock()
	c.spent[t.name]++
	c.mu.Unlock()
	lost := false
	for began := time.Now(); time.Since(began) < 2*startTime; time.Sleep(50 * time.Millisecond) {
		b := &browser{all: c}
		b.patiently("/sign-in", map[string]any{"name": t.name, "password": password})
		ch, err := b.post("/begin", map[string]any{"kind": "backup"})
		if err != nil || ch.Challenge == "" { // its master is away, or the replica is of another version
			c.again.Add(1)
			continue
		}
		got := b.twice("/finish", map[string]any{"challenge": ch.Challenge, "response": map[string]string{"code": t.code}})
		switch {
		case got.accepted > 1:
			c.broke("a code of %s was accepted %d times", t.name, got.accepted)
			return
		case got.accepted == 1:
			if lost { // a call that nobody has heard of was not the one that used it
				c.again.Add(1)
			}
			c.accepted.Add(1)
			return
		case got.unheard > 0:
			lost = true
		case got.rejected > 0 && lost:
			c.unheard.Add(1) // it was taken by a call whose reply was lost
			return
		case got.rejected > 0:
			c.broke("a code of %s that nobody had used was refused: %v", t.name, got.errors)
			return
		default: // the challenge was lost with a master
			c.again.Add(1)
		}
	}
	c.broke("%s could not sign in for %v", t.name, 2*startTime)
}

// across signs in at two replicas by turns, in each order: whichever has begun, the other goes on.
func (c *customers) across(first, second string) {
	c.t.Helper()
	for _, at := range [][3]string{{first, second, first}, {second, first, second}, {first, first, second}, {second, second, first}} {
		t := <-c.codes
		c.mu.Lock()
		c.spent[t.name]++
		c.mu.Unlock()
		b := &browser{all: c, at: "http://" + at[0]}
		b.patiently("/sign-in", map[string]any{"name": t.name, "password": password})
		b.at = "http://" + at[1]
		ch := b.patiently("/begin", map[string]any{"kind": "backup"})
		b.at = "http://" + at[2]
		if in := b.patiently("/finish", map[string]any{"challenge": ch.Challenge, "response": map[string]string{"code": t.code}}); !in.SignedIn {
			c.broke("a sign-in at %v, one after the other, came to %+v, %+v", at, ch, in)
		}
	}
}

// verdicts are what an answer that was sent twice has come to.
type verdicts struct {
	accepted, rejected, unheard int
	errors                      []string
}

// twice sends an answer two times at once, to replicas that follow each other.
func (b *browser) twice(path string, in map[string]any) (v verdicts) {
	type result struct {
		heard
		err error
	}
	results := make(chan result, 2)
	for range 2 {
		one := &browser{all: b.all, cookie: b.cookie}
		go func() {
			s, err := one.post(path, in)
			results <- result{s, err}
		}()
	}
	for range 2 {
		switch r := <-results; {
		case r.err != nil:
			v.unheard++
		case r.SignedIn:
			v.accepted++
		case r.Error == "rejected":
			v.rejected++
		default:
			v.errors = append(v.errors, r.Error)
		}
	}
	return v
}
