package cofactortest_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cofactor-mfa/cofactor/cofactortest"
)

// teller tells what it was asked, and keeps a cookie.
func teller() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/tell/{rest...}", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		cookie, _ := r.Cookie("seen")
		http.SetCookie(w, &http.Cookie{Name: "seen", Value: "yes", Path: "/", Secure: r.TLS != nil, MaxAge: 60})
		w.WriteHeader(http.StatusTeapot)
		fmt.Fprintln(w, r.Method, r.Host, r.RequestURI, r.URL, r.Header.Get("Accept"), r.Header.Get("Origin"), r.Header.Get("Content-Type"), string(body), cookie)
	})
	mux.Handle("/guarded", http.NewCrossOriginProtection().Handler(http.RedirectHandler("/tell/after", http.StatusSeeOther)))
	mux.HandleFunc("/panic", func(http.ResponseWriter, *http.Request) { panic("of the handler") })
	return mux
}

func TestABrowserInMemoryIsLikeOneOverTheNetwork(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(teller())
	t.Cleanup(server.Close)
	memory, network := cofactortest.NewBrowser(t, server.URL, teller()), cofactortest.NewBrowser(t, server.URL, nil)
	for what, ask := range map[string]func(*cofactortest.Browser) cofactortest.Reply{
		"a page":              func(b *cofactortest.Browser) cofactortest.Reply { return b.Get("/tell/a%20b?c=d") },
		"a page by its URL":   func(b *cofactortest.Browser) cofactortest.Reply { return b.Get(b.Origin + "/tell/x") },
		"a form":              func(b *cofactortest.Browser) cofactortest.Reply { return b.Post("/tell/x", url.Values{"k": {"v w"}}) },
		"JSON":                func(b *cofactortest.Browser) cofactortest.Reply { return b.JSON("PUT", "/tell/x", []int{1}) },
		"JSON without a body": func(b *cofactortest.Browser) cofactortest.Reply { return b.JSON("DELETE", "/tell/x", nil) },
		"nothing there":       func(b *cofactortest.Browser) cofactortest.Reply { return b.Get("/nothing") },
	} {
		m, n := ask(memory), ask(network)
		if m.Status != n.Status || string(m.Body) != string(n.Body) || m.Header.Get("Content-Type") != n.Header.Get("Content-Type") {
			t.Errorf("%s: in memory\n%s %s\nover the network\n%s %s", what, m, m.Body, n, n.Body)
		}
	}
	if len(memory.Cookies()) != 1 || len(network.Cookies()) != 1 {
		t.Errorf("cookies: %v in memory, %v over the network", memory.Cookies(), network.Cookies())
	}
	if res := memory.Post("/guarded", nil).Want(http.StatusSeeOther); res.Location() != "/tell/after" {
		t.Errorf("the redirect leads to %q", res.Location())
	}
	memory.Header.Set("Sec-Fetch-Site", "cross-site")
	memory.Post("/guarded", nil).Want(http.StatusForbidden)
}

func TestASecureCookieComesBackOverHTTPS(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := cofactortest.NewBrowser(t, cofactortest.Origin, teller())
		b.Get("/tell/x")
		if got := b.Cookies(); len(got) != 1 {
			t.Fatalf("cookies over https: %v", got)
		}
		if said := string(b.Get("/tell/x").Body); !strings.Contains(said, "seen=yes") || !strings.Contains(said, "app.example.test /tell/x /tell/x") {
			t.Errorf("the site was asked %s", said)
		}
		time.Sleep(time.Minute)
		if got := b.Cookies(); len(got) != 0 {
			t.Errorf("a cookie of a minute is there after a minute: %v", got)
		}
	})
}

// failing is a test that is over at its first fatal failure, which it keeps.
type failing struct {
	testing.TB
	said string
}

func (f *failing) Helper() {}

func (f *failing) Fatal(args ...any) { f.Fatalf("%s", fmt.Sprint(args...)) }

func (f *failing) Fatalf(format string, args ...any) {
	f.said = fmt.Sprintf(format, args...)
	runtime.Goexit()
}

// fails runs what must fail a test, and returns what it said.
func fails(t *testing.T, do func(testing.TB)) string {
	t.Helper()
	f := &failing{TB: t}
	over := make(chan struct{})
	go func() {
		defer close(over)
		do(f)
	}()
	<-over
	return f.said
}

func TestMistakesFailTheTestInASentence(t *testing.T) {
	t.Parallel()
	var clock cofactortest.Clock
	clock.Set(time.Unix(1e9, 0))
	for want, do := range map[string]func(testing.TB){
		"of the handler":              func(t testing.TB) { cofactortest.NewBrowser(t, cofactortest.Origin, teller()).Get("/panic") },
		"the answer is 418, want 200": func(t testing.TB) { cofactortest.NewBrowser(t, cofactortest.Origin, teller()).Get("/tell/x").Want(200) },
		"is no JSON": func(t testing.TB) {
			cofactortest.NewBrowser(t, cofactortest.Origin, teller()).Get("/tell/x").Into(new(int))
		},
		`"localhost:8080" is no origin`:      func(t testing.TB) { cofactortest.NewBrowser(t, "localhost:8080", teller()) },
		"is no origin; one is":               func(t testing.TB) { cofactortest.NewBrowser(t, "https://app.example.test/", teller()) },
		"neither the address nor the secret": func(t testing.TB) { cofactortest.NewApp(t, "otpauth://hotp/x?secret=GEZDGNBV", clock.Now) },
		"move the clock on by 30 seconds": func(t testing.TB) {
			app := cofactortest.NewApp(t, "GEZDGNBV", clock.Now)
			app.Code()
			app.Code()
			app.Code()
		},
		"the configuration of the kit":        func(t testing.TB) { cofactortest.New(t, cofactortest.Config{Providers: providersOfNoUse}) },
		"a factor of kind \"pager\" for \"u-": func(t testing.TB) { cofactortest.New(t, cofactortest.Config{}).Attach(bob.User, "pager", nil, nil) },
	} {
		if said := fails(t, do); !strings.Contains(said, want) {
			t.Errorf("the test should fail with %q; it says %q", want, said)
		}
	}
}
