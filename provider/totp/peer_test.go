package totp_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base32"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash"
	"math"
	"testing"
	"time"

	"github.com/cofactor-mfa/cofactor/internal/wire"
	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/provider/totp"
)

var alice = provider.User{ID: "u1", Name: "alice@example.com", DisplayName: "Alice"}

// app is an authenticator app: an implementation of RFC 6238 on the standard library alone, and so a second opinion on every code.
type app struct {
	algorithm totp.Algorithm
	digits    int
	period    int64
	secret    []byte
}

// phone is the app that the RFCs' vectors for SHA-1 use, with the usual parameters.
func phone() app {
	return app{algorithm: totp.SHA1, digits: 6, period: 30, secret: []byte("12345678901234567890")}
}

func (a app) code(step int64) string {
	h := map[totp.Algorithm]func() hash.Hash{totp.SHA1: sha1.New, totp.SHA256: sha256.New, totp.SHA512: sha512.New}[a.algorithm]
	mac := hmac.New(h, a.secret)
	_ = binary.Write(mac, binary.BigEndian, uint64(step))
	sum := mac.Sum(nil)
	at := sum[len(sum)-1] & 15
	n := binary.BigEndian.Uint32(sum[at:]) & math.MaxInt32
	return fmt.Sprintf("%0*d", a.digits, uint64(n)%uint64(math.Pow10(a.digits)))
}

func (a app) codeAt(now time.Time) string { return a.code(a.step(now)) }

func (a app) step(now time.Time) int64 { return now.Unix() / a.period }

// record is the stored form, written out once more so that a change of it shows.
func (a app) record(last uint64) []byte {
	b := []byte{1, byte(a.algorithm)}
	b = wire.AppendUint(b, uint64(a.digits))
	b = wire.AppendUint(b, uint64(a.period))
	b = wire.AppendUint(b, last)
	return wire.AppendBytes(b, a.secret)
}

// scan is what an app reads from a set-up prompt.
func scan(t testing.TB, p provider.Prompt) app {
	t.Helper()
	shown, ok := p.Public.(totp.SetupPrompt)
	if !ok {
		t.Fatalf("SetupHook shows a %T", p.Public)
	}
	secret, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(shown.Secret)
	if err != nil {
		t.Fatalf("the secret is not base 32 without padding: %v", err)
	}
	a := app{digits: shown.Digits, period: int64(shown.Period), secret: secret}
	for _, algorithm := range []totp.Algorithm{totp.SHA1, totp.SHA256, totp.SHA512} {
		if algorithm.String() == shown.Algorithm {
			a.algorithm = algorithm
		}
	}
	return a
}

// account is one enrolled factor, as the core keeps it.
type account struct {
	t    testing.TB
	p    *totp.Provider
	data []byte
}

// login answers with a code at a time, and on success keeps what the provider wants kept.
func (a *account) login(code string, now time.Time) error {
	a.t.Helper()
	m, err := a.p.LoginVerify(context.Background(), request(a.data, now), typed(code))
	if err != nil {
		if m.FactorID != "" || m.Data != nil {
			a.t.Fatalf("a refused answer came with a match: %+v", m)
		}
		return err
	}
	if m.FactorID != "f1" || m.Data == nil {
		a.t.Fatalf("a right answer must name its factor and be burnt: %+v", m)
	}
	a.data = m.Data
	return nil
}

func request(data []byte, now time.Time) provider.LoginRequest {
	return provider.LoginRequest{User: alice, Factors: []provider.Factor{{ID: "f1", Data: data}}, Now: now}
}

func typed(code string) provider.Answer {
	b, err := json.Marshal(map[string]string{"code": code})
	if err != nil {
		panic(err)
	}
	return provider.Answer{Response: b}
}

func newProvider(t testing.TB, cfg totp.Config) *totp.Provider {
	t.Helper()
	if cfg.Issuer == "" {
		cfg.Issuer = "Acme"
	}
	p, err := totp.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func at(unix int64) time.Time { return time.Unix(unix, 0).UTC() }
