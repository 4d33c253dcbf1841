package totp_test

import (
	"bytes"
	"encoding/base32"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp"
	library "github.com/pquerna/otp/totp"
	"pgregory.net/rapid"

	"github.com/cofactor-mfa/cofactor/internal/testenv"
	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/provider/totp"
)

// The seeds of RFC 6238 appendix B are as long as the hash: erratum 2866.
func seed(algorithm totp.Algorithm) []byte {
	n := map[totp.Algorithm]int{totp.SHA1: 20, totp.SHA256: 32, totp.SHA512: 64}[algorithm]
	return bytes.Repeat([]byte("1234567890"), 7)[:n]
}

func TestRFC6238AppendixB(t *testing.T) {
	t.Parallel()
	exact := newProvider(t, totp.Config{Skew: totp.NoSkew})
	for _, v := range []struct {
		unix                 int64
		sha1, sha256, sha512 string
	}{
		{59, "94287082", "46119246", "90693936"},
		{1111111109, "07081804", "68084774", "25091201"},
		{1111111111, "14050471", "67062674", "99943326"},
		{1234567890, "89005924", "91819424", "93441116"},
		{2000000000, "69279037", "90698825", "38618901"},
		{20000000000, "65353130", "77737706", "47863826"},
	} {
		for algorithm, code := range []string{v.sha1, v.sha256, v.sha512} {
			for _, digits := range []int{8, 6} {
				a := app{algorithm: totp.Algorithm(algorithm), digits: digits, period: 30, secret: seed(totp.Algorithm(algorithm))}
				who := &account{t: t, p: exact, data: a.record(0)}
				if err := who.login(code[8-digits:], at(v.unix)); err != nil {
					t.Errorf("RFC 6238 appendix B: %v at %d has the code %s: %v", a.algorithm, v.unix, code[8-digits:], err)
				}
			}
		}
	}
}

func TestRFC4226AppendixD(t *testing.T) {
	t.Parallel()
	who := &account{t: t, p: newProvider(t, totp.Config{Skew: totp.NoSkew}), data: phone().record(0)}
	for i, code := range strings.Fields("287082 359152 969429 338314 254676 287922 162583 399871 520489") {
		if err := who.login(code, at(int64(i+1)*30)); err != nil {
			t.Errorf("RFC 4226 appendix D: the code of counter %d is %s: %v", i+1, code, err)
		}
	}
}

// The library's own verification and ours must agree on every first answer, right, wrong, early and late.
func TestAgreesWithTheLibrary(t *testing.T) {
	t.Parallel()
	providers := map[totp.Skew]*totp.Provider{}
	for _, skew := range []totp.Skew{totp.OneStep, totp.NoSkew, totp.TwoSteps} {
		providers[skew] = newProvider(t, totp.Config{Skew: skew})
	}
	windows := map[totp.Skew]uint{totp.OneStep: 1, totp.NoSkew: 0, totp.TwoSteps: 2}
	rapid.Check(t, func(rt *rapid.T) {
		a := anyApp(rt)
		skew := rapid.SampledFrom([]totp.Skew{totp.OneStep, totp.NoSkew, totp.TwoSteps}).Draw(rt, "skew")
		now := at(rapid.Int64Range(1000, 20000000000).Draw(rt, "now"))
		code := a.code(a.step(now) + rapid.Int64Range(-4, 4).Draw(rt, "off"))

		want, err := library.ValidateCustom(code, base32.StdEncoding.EncodeToString(a.secret), now, library.ValidateOpts{
			Period: uint(a.period), Skew: windows[skew], Digits: otp.Digits(a.digits), Algorithm: otp.Algorithm(a.algorithm),
		})
		if err != nil {
			rt.Fatal(err)
		}
		_, err = providers[skew].LoginVerify(t.Context(), request(a.record(0), now), typed(code))
		if got := err == nil; got != want {
			rt.Fatalf("library says %v, we say %v", want, err)
		}
	})
}

func TestAgreesWithOathtool(t *testing.T) {
	t.Parallel()
	tool := testenv.Tool(t, "oathtool")
	exact := newProvider(t, totp.Config{Skew: totp.NoSkew})
	for i := range 24 {
		a := app{
			algorithm: totp.Algorithm(i % 3),
			digits:    6 + i/3%2*2,
			period:    int64(15 + 7*(i%6)),
			secret:    seed(totp.Algorithm(i % 3))[:16+i%4],
		}
		now := at(1700000000 + int64(i)*123456789)
		out, err := exec.Command(tool, "--totp="+a.algorithm.String(), fmt.Sprintf("--digits=%d", a.digits),
			fmt.Sprintf("--time-step-size=%ds", a.period), fmt.Sprintf("--now=@%d", now.Unix()), hex.EncodeToString(a.secret)).Output()
		if err != nil {
			t.Fatalf("oathtool: %v", err)
		}
		who := &account{t: t, p: exact, data: a.record(0)}
		if err := who.login(strings.TrimSpace(string(out)), now); err != nil {
			t.Errorf("oathtool's code %q for %v, %d digits, %d s at %d: %v", out, a.algorithm, a.digits, a.period, now.Unix(), err)
		}
	}
}

// Records that were ever written must open for ever: they are people's factors.
func TestGoldenRecords(t *testing.T) {
	t.Parallel()
	p := newProvider(t, totp.Config{Issuer: "Other", Algorithm: totp.SHA512, Digits: 6, Period: 60 * time.Second})
	a := app{algorithm: totp.SHA256, digits: 8, period: 45, secret: []byte("golden secret, 20 B.")}
	now := at(1800000000)

	candidate, factor, used := golden(t, "candidate-v1.hex"), golden(t, "factor-v1.hex"), golden(t, "factor-v1-used.hex")
	e, err := p.SetupVerify(t.Context(), provider.SetupRequest{User: alice, Now: now},
		provider.Answer{Private: candidate, Response: typed(a.codeAt(now)).Response})
	if err != nil || !bytes.Equal(e.Data, factor) {
		t.Errorf("the golden candidate became %x, %v", e.Data, err)
	}
	who := &account{t: t, p: p, data: factor}
	if err := who.login(a.code(a.step(now)+1), now); err != nil || !bytes.Equal(who.data, used) {
		t.Errorf("the golden factor became %x, %v", who.data, err)
	}
}

func golden(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	b, err := hex.DecodeString(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func anyApp(rt *rapid.T) app {
	return app{
		algorithm: totp.Algorithm(rapid.IntRange(0, 2).Draw(rt, "algorithm")),
		digits:    rapid.SampledFrom([]int{6, 8}).Draw(rt, "digits"),
		period:    rapid.Int64Range(15, 60).Draw(rt, "period"),
		secret:    rapid.SliceOfN(rapid.Byte(), 16, 128).Draw(rt, "secret"),
	}
}
