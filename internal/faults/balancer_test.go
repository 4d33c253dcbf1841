package faults_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// balancer is a plain round-robin proxy, as stands before any site: it asks each replica whether it is ready, and sends every request to the next one that is.
type balancer struct {
	client *http.Client
	url    string
	failed atomic.Int64 // requests that no replica has answered

	mu    sync.Mutex
	next  int
	backs []*back
}

type back struct {
	url   *url.URL
	ready bool
	sent  int
}

const askEvery = 50 * time.Millisecond

func newBalancer(t testing.TB) *balancer {
	t.Helper()
	transport := &http.Transport{MaxIdleConnsPerHost: 64}
	b := &balancer{client: &http.Client{Transport: transport, Timeout: startTime}}
	proxy := &httputil.ReverseProxy{
		Transport: transport,
		Rewrite: func(r *httputil.ProxyRequest) {
			if to := b.pick(); to != nil {
				r.SetURL(to)
			}
			r.SetXForwarded()
		},
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) {
			b.failed.Add(1)
			w.WriteHeader(http.StatusBadGateway)
		},
	}
	front := httptest.NewServer(proxy)
	b.url = front.URL
	ctx, stop := context.WithCancel(context.Background())
	var looking sync.WaitGroup
	looking.Go(func() {
		for ctx.Err() == nil {
			b.look(ctx)
			time.Sleep(askEvery)
		}
	})
	t.Cleanup(func() {
		stop()
		looking.Wait()
		front.Close()
		transport.CloseIdleConnections()
	})
	return b
}

func (b *balancer) add(addr string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.backs = append(b.backs, &back{url: &url.URL{Scheme: "http", Host: addr}, ready: true})
}

func (b *balancer) remove(addr string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.backs = slices.DeleteFunc(b.backs, func(k *back) bool { return k.url.Host == addr })
}

func (b *balancer) pick() *url.URL {
	b.mu.Lock()
	defer b.mu.Unlock()
	for range b.backs {
		b.next++
		if k := b.backs[b.next%len(b.backs)]; k.ready {
			k.sent++
			return k.url
		}
	}
	return nil
}

// look asks every replica.
func (b *balancer) look(ctx context.Context) {
	b.mu.Lock()
	all := slices.Clone(b.backs)
	b.mu.Unlock()
	for _, k := range all {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, k.url.JoinPath("ready").String(), nil)
		if err != nil {
			continue
		}
		res, err := b.client.Do(req)
		ready := err == nil && res.StatusCode == http.StatusOK
		if err == nil {
			_ = res.Body.Close()
		}
		b.mu.Lock()
		k.ready = ready
		b.mu.Unlock()
	}
}
