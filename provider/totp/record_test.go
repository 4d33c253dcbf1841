package totp_test

import (
	"bytes"
	"math"
	"testing"

	"github.com/cofactor-mfa/cofactor/internal/wire"
	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/provider/totp"
)

// A stored record with a parameter out of its range must not be worked with: the library panics on some and accepts anything for others.
func TestMalformedRecordsAreNoVerdict(t *testing.T) { // attack
	t.Parallel()
	p := newProvider(t, totp.Config{})
	good := phone().record(0)
	bad := map[string][]byte{
		"nothing": nil, "empty": {}, "version 0": append([]byte{0}, good[1:]...), "version 2": append([]byte{2}, good[1:]...),
		"cut short": good[:len(good)-1], "too long": append(bytes.Clone(good), 0), "only a version": {1},
		"a last step beyond all time": phone().record(1 << 40), "a negative last step": phone().record(1 << 63),
	}
	with := func(name string, change func(*app)) {
		a := phone()
		change(&a)
		bad[name] = a.record(0)
	}
	with("algorithm 3", func(a *app) { a.algorithm = 3 })
	with("algorithm 255", func(a *app) { a.algorithm = 255 })
	for _, n := range []int{0, 1, 5, 7, 9, 10, 64, -1, math.MaxInt32} {
		with("digits", func(a *app) { a.digits = n })
		rejectRecords(t, p, bad)
	}
	for _, s := range []int64{0, 1, 14, 61, -1, math.MaxInt64} {
		with("period", func(a *app) { a.period = s })
		rejectRecords(t, p, bad)
	}
	for _, n := range []int{0, 1, 15, 129, 4096} {
		with("secret", func(a *app) { a.secret = make([]byte, n) })
		rejectRecords(t, p, bad)
	}
}

func rejectRecords(t *testing.T, p *totp.Provider, records map[string][]byte) {
	t.Helper()
	for name, data := range records {
		for _, code := range []string{"000000", phone().codeAt(noon)} {
			_, err := p.LoginVerify(t.Context(), request(data, noon), typed(code))
			if err == nil || isVerdict(err) {
				t.Errorf("%s: LoginVerify must return a plain error: %v", name, err)
			}
			_, err = p.SetupVerify(t.Context(), provider.SetupRequest{User: alice, Now: noon}, provider.Answer{Private: data, Response: typed(code).Response})
			if err == nil || isVerdict(err) {
				t.Errorf("%s: SetupVerify must return a plain error: %v", name, err)
			}
		}
		if _, err := p.LoginHook(t.Context(), request(data, noon)); err == nil || isVerdict(err) {
			t.Errorf("%s: LoginHook must return a plain error: %v", name, err)
		}
	}
}

func FuzzLoginVerify(f *testing.F) {
	a := phone()
	f.Add(a.record(0), []byte(typed(a.codeAt(noon)).Response), noon.Unix())
	f.Add(a.record(7), []byte(`{"code":null}`), int64(-5))
	f.Add([]byte{1, 2, 8, 60}, []byte(`{"code":"12345678"}`), int64(59))
	f.Fuzz(func(t *testing.T, data, response []byte, unix int64) {
		p := newProvider(t, totp.Config{})
		before := bytes.Clone(data)
		m, err := p.LoginVerify(t.Context(), request(data, at(unix)), provider.Answer{Response: response})
		if !bytes.Equal(data, before) {
			t.Error("the request's data was changed")
		}
		if err != nil {
			return
		}
		if m.FactorID != "f1" || lastStep(t, m.Data) <= lastStep(t, data) {
			t.Errorf("accepted without burning a step: %x to %x", data, m.Data)
		}
		if _, err := p.LoginVerify(t.Context(), request(m.Data, at(unix)), provider.Answer{Response: response}); err == nil {
			// Two steps with one code may be. Three in one window are no coincidence.
			t.Log("two steps had one code")
		}
	})
}

func lastStep(t testing.TB, data []byte) int64 {
	t.Helper()
	r := wire.Read(data)
	r.Byte()
	r.Byte()
	r.Uint()
	r.Uint()
	n := r.Uint()
	r.Bytes(128)
	if err := r.Done(); err != nil {
		t.Fatal(err)
	}
	return int64(n)
}
