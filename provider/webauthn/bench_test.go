package webauthn_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	lib "github.com/go-webauthn/webauthn/webauthn"

	"github.com/cofactor-mfa/cofactor/cofactortest"
	"github.com/cofactor-mfa/cofactor/provider"
)

// BenchmarkLoginVerify compares a login by ES256 with the two things that it cannot do without: one verification on P-256, and what the library does with the same
// answer, from the JSON to the verdict. The sides take turns, and what counts is the fastest tenth of each, which other programs on the machine have disturbed least. // attack: A-101
func BenchmarkLoginVerify(b *testing.B) {
	for _, keys := range []int{1, 10} {
		b.Run(fmt.Sprintf("keys=%d", keys), func(b *testing.B) {
			s, u := newSite(b), libraryUser{}
			d := newDevice()
			for range keys { // the last one answers
				d = newDevice()
				d.CounterStep = 0
				u.keys = append(u.keys, attach(b, s, d))
			}
			ans, req := s.begin(d), s.loginRequest()
			sides := map[string]func() error{
				"ours":    func() error { return second(s.p.LoginVerify(context.Background(), req, ans)) },
				"P-256":   rawP256(b),
				"library": byLibrary(b, s, u, ans),
			}
			took := map[string][]float64{}
			for b.Loop() {
				for name, side := range sides {
					begun := time.Now()
					for range 20 {
						if err := side(); err != nil {
							b.Fatal(name, err)
						}
					}
					took[name] = append(took[name], float64(time.Since(begun).Nanoseconds())/20)
				}
			}
			b.ReportMetric(0, "ns/op") // of all three, and so says nothing
			b.ReportMetric(undisturbed(took["ours"])/1000, "µs/login")
			b.ReportMetric(undisturbed(took["ours"])/undisturbed(took["P-256"]), "ratio:ours/P-256")
			b.ReportMetric(undisturbed(took["ours"])/undisturbed(took["library"]), "ratio:ours/library")
			b.ReportMetric(testing.AllocsPerRun(100, func() { _ = sides["ours"]() }), "allocs/login")
			b.ReportMetric(testing.AllocsPerRun(100, func() { _ = sides["library"]() }), "allocs/library")
		})
	}
}

// undisturbed is the slowest of the fastest tenth.
func undisturbed(sample []float64) float64 {
	slices.Sort(sample)
	return sample[len(sample)/10]
}

// rawP256 verifies one signature, and hashes what is signed: the floor of any login by ES256.
func rawP256(b *testing.B) func() error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		b.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		b.Fatal(err)
	}
	signed := make([]byte, 69)
	digest := sha256.Sum256(signed)
	signature, err := ecdsa.SignASN1(rand.Reader, key, digest[:])
	if err != nil {
		b.Fatal(err)
	}
	parsed, err := x509.ParsePKIXPublicKey(der)
	if err != nil {
		b.Fatal(err)
	}
	public, _ := parsed.(*ecdsa.PublicKey)
	return func() error {
		digest := sha256.Sum256(signed)
		if !ecdsa.VerifyASN1(public, digest[:], signature) {
			return provider.ErrRejected
		}
		return nil
	}
}

// byLibrary is the same answer, checked by the library alone.
func byLibrary(b *testing.B, s *site, u libraryUser, ans provider.Answer) func() error {
	w, err := lib.New(&lib.Config{RPID: rpID, RPDisplayName: "Example", RPOrigins: []string{origin}})
	if err != nil {
		b.Fatal(err)
	}
	u.handle = s.user.Handle
	answered, err := protocol.ParseCredentialRequestResponseBytes(ans.Response)
	if err != nil {
		b.Fatal(err)
	}
	session := lib.SessionData{Challenge: answered.Response.CollectedClientData.Challenge, UserID: u.handle, RelyingPartyID: rpID, UserVerification: protocol.VerificationPreferred}
	for _, k := range u.keys {
		session.AllowedCredentialIDs = append(session.AllowedCredentialIDs, k.ID)
	}
	return func() error {
		parsed, err := protocol.ParseCredentialRequestResponseBytes(ans.Response)
		if err != nil {
			return err
		}
		return second(w.ValidateLogin(u, session, parsed))
	}
}

// attach enrols a key on our side, and returns it as the library keeps it.
func attach(b *testing.B, s *site, d *cofactortest.Authenticator) lib.Credential {
	ans := s.beginSetup(d)
	e, err := s.finishSetup(ans)
	if err != nil {
		b.Fatal(err)
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes(ans.Response)
	if err != nil {
		b.Fatal(err)
	}
	s.factors = append(s.factors, provider.Factor{ID: fmt.Sprint("f-", len(s.factors)), Data: e.Data})
	data := parsed.Response.AttestationObject.AuthData
	return lib.Credential{ID: data.AttData.CredentialID, PublicKey: data.AttData.CredentialPublicKey, Flags: lib.NewCredentialFlags(data.Flags)}
}

type libraryUser struct {
	handle []byte
	keys   []lib.Credential
}

func (u libraryUser) WebAuthnID() []byte                    { return u.handle }
func (u libraryUser) WebAuthnName() string                  { return "alice" }
func (u libraryUser) WebAuthnDisplayName() string           { return "Alice" }
func (u libraryUser) WebAuthnCredentials() []lib.Credential { return u.keys }
