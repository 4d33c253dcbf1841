package sentcode_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/cofactor-mfa/cofactor/provider"
)

func TestUnknownRecordsDenyWithAFault(t *testing.T) { // attack: A-163
	t.Parallel()
	w := &wire{}
	p := newProvider(t, w)
	f := enrol(t, p, w, provider.User{Locale: "de"}, "alice")
	prompt := begun(t, p, provider.LoginRequest{Factors: []provider.Factor{f}})
	right := typed(w.last("alice"))
	fault := func(what string, data, private []byte) {
		t.Helper()
		fs := []provider.Factor{{ID: "f", Data: data}}
		m, err := p.LoginVerify(t.Context(), provider.LoginRequest{Factors: fs, Now: now}, provider.Answer{Private: private, Response: right})
		if err == nil || errors.Is(err, provider.ErrRejected) || errors.Is(err, provider.ErrInvalid) || m.FactorID != "" {
			t.Errorf("%s: %v, want a fault that is no verdict", what, err)
		}
		if !bytes.Equal(private, prompt.Private) {
			if _, err := p.SetupVerify(t.Context(), provider.SetupRequest{Now: now}, provider.Answer{Private: private, Response: right}); err == nil {
				t.Errorf("%s enrols", what)
			}
		}
		if len(private) > 0 {
			if _, err := p.LoginHook(t.Context(), provider.LoginRequest{Factors: fs, Previous: private, Now: now}); err == nil {
				t.Errorf("%s is sent again", what)
			}
		}
	}
	for n := range f.Data {
		fault(fmt.Sprintf("the first %d bytes of Data", n), f.Data[:n], prompt.Private)
	}
	for n := range prompt.Private {
		fault(fmt.Sprintf("the first %d bytes of Private", n), f.Data, prompt.Private[:n])
	}
	fault("another format of Data", append([]byte{2}, f.Data[1:]...), prompt.Private)
	fault("another format of Private", f.Data, append([]byte{2}, prompt.Private[1:]...))
	fault("more Data", append(bytes.Clone(f.Data), 0), prompt.Private)
	fault("more Private", f.Data, append(bytes.Clone(prompt.Private), 0))
	fault("no address in Data", []byte{1, 0, 0}, prompt.Private)
	fault("no code in Private", f.Data, []byte{1, 5, 'a', 'l', 'i', 'c', 'e', 0, 0, 0})
	for _, fs := range [][]provider.Factor{nil, {f, f}} {
		if _, err := p.LoginHook(t.Context(), provider.LoginRequest{Factors: fs, Now: now}); err == nil {
			t.Errorf("a login with %d factors", len(fs))
		}
		if _, err := p.LoginVerify(t.Context(), provider.LoginRequest{Factors: fs, Now: now}, provider.Answer{Private: prompt.Private, Response: right}); err == nil {
			t.Errorf("a code matched with %d factors", len(fs))
		}
	}
}

// The golden records are as version 1 writes them. A change that cannot read them locks users out, and needs a new version instead.
func TestGoldenRecords(t *testing.T) {
	t.Parallel()
	read := func(name string) []byte {
		text, err := os.ReadFile("testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		b, err := hex.DecodeString(strings.Join(strings.Fields(string(text)), ""))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	w := &wire{}
	p := newProvider(t, w)
	data, private := read("factor-v1.hex"), read("challenge-v1.hex")
	if got := enrol(t, p, w, provider.User{Locale: "de-AT"}, "alice").Data; !bytes.Equal(got, data) {
		t.Errorf("a factor is written as %x", got)
	}
	fs := []provider.Factor{{ID: "f", Data: data}}
	begun(t, p, provider.LoginRequest{Factors: fs, Previous: private})
	got := w.codes[len(w.codes)-1]
	if got.To != "alice" || got.Locale != "en" || got.Digits != "012345" || !got.Expires.Equal(now.Add(5*time.Minute)) {
		t.Errorf("the golden challenge reads as a code to %q, in %q, until %v", got.To, got.Locale, got.Expires)
	}
	if _, err := p.LoginVerify(t.Context(), provider.LoginRequest{Factors: fs, Now: now}, provider.Answer{Private: private, Response: typed("012 345")}); err != nil {
		t.Error(err)
	}
}

func FuzzRecords(f *testing.F) {
	w := &wire{}
	p := newProvider(f, w)
	f.Add([]byte{1, 5, 'a', 'l', 'i', 'c', 'e', 0}, []byte("\x01\x05alice\x00\x00\x06012345"), []byte(`{"code":"012345"}`))
	f.Add([]byte{1, 1, 'a', 0}, []byte("\x01\x01a\x00\x00\x05012"), []byte(`{"code":""}`))
	f.Fuzz(func(t *testing.T, data, private, response []byte) {
		fs := []provider.Factor{{ID: "f", Data: data}}
		m, err := p.LoginVerify(t.Context(), provider.LoginRequest{Factors: fs, Now: now}, provider.Answer{Private: private, Response: response})
		if err != nil {
			return
		}
		code, err := provider.Answer{Response: response}.Code()
		if m.FactorID != "f" || err != nil || len(code) < 6 || !bytes.HasSuffix(private, []byte(code)) {
			t.Errorf("%x with %x and %q is right", data, private, response)
		}
	})
}
