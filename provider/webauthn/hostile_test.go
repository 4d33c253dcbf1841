package webauthn_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/cofactor-mfa/cofactor/challenge"
	"github.com/cofactor-mfa/cofactor/cofactortest"
	"github.com/cofactor-mfa/cofactor/factor"
	"github.com/cofactor-mfa/cofactor/keyset"
	"github.com/cofactor-mfa/cofactor/policy"
	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/provider/webauthn"
	"github.com/cofactor-mfa/cofactor/registry"
)

// world is a whole deployment, and what can be learned from it: every error and every event, as text.
type world struct {
	t       *testing.T
	reg     *registry.Registry
	now     time.Time
	said    []string
	secrets []string // challenges; nothing that is said may have one in it
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, now: start}
	keys, err := keyset.Ephemeral()
	if err != nil {
		t.Fatal(err)
	}
	w.reg, err = registry.New(registry.Config{
		AEAD: keys, Challenges: challenge.NewMemory(), Factors: factor.NewMemory(), Policy: policy.Optional(),
		Now: func() time.Time { return w.now },
		Observe: func(_ context.Context, e registry.Event) {
			w.said = append(w.said, fmt.Sprintf("%+v", e))
		},
	}, newProvider(t))
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func alias(name string) registry.Who {
	return registry.Who{User: provider.User{ID: "u-" + name, Name: name + "@example.com"}, Binding: "session of " + name}
}

// started is a login after the password.
func (w *world) started(who registry.Who) registry.Login {
	w.t.Helper()
	w.now = w.now.Add(time.Minute)
	login, err := w.reg.StartLogin(w.t.Context(), registry.Start{Who: who, Primary: []string{"pwd"}})
	if err != nil {
		w.t.Fatal(err)
	}
	return login
}

// shown is a challenge as a client gets it. What must stay out of texts is noted.
func (w *world) shown(ch registry.Challenge, err error) (id string, public []byte) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
	public, err = json.Marshal(ch.Public)
	if err != nil {
		w.t.Fatal(err)
	}
	var o struct {
		PublicKey struct{ Challenge string }
	}
	if err := json.Unmarshal(public, &o); err != nil || len(o.PublicKey.Challenge) < 22 {
		w.t.Fatalf("no challenge in %s: %v", public, err)
	}
	raw, err := base64.RawURLEncoding.DecodeString(o.PublicKey.Challenge)
	if err != nil {
		w.t.Fatal(err)
	}
	w.secrets = append(w.secrets, o.PublicKey.Challenge, fmt.Sprintf("%x", raw), fmt.Sprint(raw), base64.StdEncoding.EncodeToString(raw), origin)
	return ch.ID, public
}

func (w *world) enrol(who registry.Who, d *cofactortest.Authenticator) registry.Login {
	w.t.Helper()
	login, err := w.setup(who, create(w.t, d))
	if err != nil {
		w.t.Fatal(err)
	}
	return login
}

// setup adds a key within a login.
func (w *world) setup(who registry.Who, answer func([]byte) []byte) (registry.Login, error) {
	w.t.Helper()
	login := w.started(who)
	id, public := w.shown(w.reg.BeginSetup(w.t.Context(), registry.Enrol{Who: who, Pending: login.Pending, Kind: webauthn.Kind}))
	return w.reg.FinishSetup(w.t.Context(), registry.Finish{Who: who, Pending: login.Pending, Challenge: id, Response: answer(public)})
}

// The doors through which a key lets somebody in.
var doors = map[string]func(w *world, who registry.Who, answer func([]byte) []byte) (registry.Login, error){
	"after a password": func(w *world, who registry.Who, answer func([]byte) []byte) (registry.Login, error) {
		login := w.started(who)
		id, public := w.shown(w.reg.BeginLogin(w.t.Context(), registry.Begin{Who: who, Pending: login.Pending, Kind: webauthn.Kind}))
		return w.reg.FinishLogin(w.t.Context(), registry.Finish{Who: who, Pending: login.Pending, Challenge: id, Response: answer(public)})
	},
	"with nobody named": func(w *world, who registry.Who, answer func([]byte) []byte) (registry.Login, error) {
		w.now = w.now.Add(time.Minute)
		nobody := registry.Who{Binding: who.Binding}
		id, public := w.shown(w.reg.BeginLogin(w.t.Context(), registry.Begin{Who: nobody, Kind: webauthn.Kind}))
		return w.reg.FinishLogin(w.t.Context(), registry.Finish{Who: nobody, Challenge: id, Response: answer(public)})
	},
	"in a step-up": func(w *world, who registry.Who, answer func([]byte) []byte) (registry.Login, error) {
		w.now = w.now.Add(time.Minute)
		id, public := w.shown(w.reg.BeginStepUp(w.t.Context(), registry.StepUp{Who: who, Kind: webauthn.Kind, Action: "Pay"}))
		return w.reg.FinishStepUp(w.t.Context(), registry.Finish{Who: who, Challenge: id, Response: answer(public)})
	},
}

func create(t *testing.T, d *cofactortest.Authenticator) func([]byte) []byte {
	return answering(t, d.Create)
}

func get(t *testing.T, d *cofactortest.Authenticator) func([]byte) []byte {
	return answering(t, d.Get)
}

func answering(t *testing.T, answer func([]byte) ([]byte, error)) func([]byte) []byte {
	return func(options []byte) []byte {
		t.Helper()
		response, err := answer(options)
		if err != nil {
			t.Fatal(err)
		}
		return response
	}
}

// refusal fails the test unless this was a plain no: no login, no proof, and an error that a client may see.
func (w *world) refusal(login registry.Login, err error) {
	w.t.Helper()
	if login.Satisfied || login.Proof != "" || login.Pending != "" || login.Once != nil || len(login.AMR) > 0 {
		w.t.Errorf("somebody got in: %+v", login)
	}
	if !errors.Is(err, registry.ErrRejected) && !errors.Is(err, registry.ErrInvalid) {
		w.t.Errorf("the error is %v, want rejected or invalid: nothing broke, an answer was wrong", err)
	}
	w.said = append(w.said, fmt.Sprintf("%v %+v %#v", err, err, err))
	w.silence()
}

// silence fails the test if a challenge, or the address that the library compares with, was quoted anywhere. // attack: A-115
func (w *world) silence() {
	w.t.Helper()
	for _, text := range w.said {
		for _, secret := range w.secrets {
			if strings.Contains(text, secret) {
				w.t.Errorf("an error or an event quotes %q: %s", secret, text)
			}
		}
	}
	w.said = nil
}

// What is no hole at a door, each for its reason. Where verification is not required, NotVerified must not pass for more than it is; the test below sees to that.
func harmless(door string, f cofactortest.Fault) bool {
	switch f {
	case cofactortest.UnsolicitedExtension, cofactortest.UnsolicitedClientData:
		return true // the specification lets clients and authenticators add outputs, and nothing here reads them
	case cofactortest.NotVerified:
		return door != "with nobody named"
	}
	return false
}

// TestNoFaultyAnswerGetsIn has an authenticator be wrong in every way it can, at every door. // attack
func TestNoFaultyAnswerGetsIn(t *testing.T) {
	t.Parallel()
	for door, enter := range doors {
		for _, fault := range cofactortest.GetFaults() {
			t.Run(door+"/"+fault.String(), func(t *testing.T) {
				t.Parallel()
				w, phone, who := newWorld(t), newDevice(), alias("alice")
				w.enrol(who, phone)
				if _, err := enter(w, who, get(t, phone)); err != nil {
					t.Fatalf("without a fault: %v", err)
				}
				phone.Fault = fault
				login, err := enter(w, who, get(t, phone))
				if harmless(door, fault) {
					if err != nil || login.Proof == "" {
						t.Errorf("it is harmless here, and was refused: %v", err)
					}
					return
				}
				w.refusal(login, err)

				list, err := w.reg.Factors(t.Context(), who)
				if err != nil || len(list) != 1 || list[0].Usable == (fault == cofactortest.OldCounter) {
					t.Errorf("afterwards the user has %+v, %v; a key is disabled by the sign of a copy and by nothing else", list, err)
				}
			})
		}
	}
}

// TestNoFaultyRegistrationIsKept does the same with new keys. // attack
func TestNoFaultyRegistrationIsKept(t *testing.T) {
	t.Parallel()
	for _, fault := range cofactortest.CreateFaults() {
		algorithms := []cofactortest.Algorithm{cofactortest.ES256}
		if fault == cofactortest.UnknownAlgorithm || fault == cofactortest.WrongAlgorithm {
			algorithms = append(algorithms, cofactortest.EdDSA, cofactortest.RS256)
		}
		for _, alg := range algorithms {
			t.Run(fmt.Sprintf("%s/%d", fault, alg), func(t *testing.T) {
				t.Parallel()
				w, phone, who := newWorld(t), newDevice(), alias("alice")
				phone.Algorithm, phone.Fault = alg, fault
				login, err := w.setup(who, create(t, phone))
				list, listErr := w.reg.Factors(t.Context(), who)
				if listErr != nil {
					t.Fatal(listErr)
				}
				if harmless("", fault) || fault == cofactortest.IgnoredExclusion {
					if err != nil || len(list) != 1 {
						t.Errorf("it is harmless here, and was refused: %v", err)
					}
					return
				}
				w.refusal(login, err)
				if len(list) != 0 {
					t.Errorf("%d keys were kept", len(list))
				}
			})
		}
	}
}

// TestNobodySignsInWithAnothersKey tries Mallory's key on Alice's login, and the reverse, with and without her handle. // attack
func TestNobodySignsInWithAnothersKey(t *testing.T) {
	t.Parallel()
	for door, enter := range doors {
		t.Run(door, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			alice, mallory := alias("alice"), alias("mallory")
			hers, his := newDevice(), newDevice()
			w.enrol(alice, hers)
			w.enrol(mallory, his)
			handle := hers.Credentials()[0].UserHandle
			for name, change := range map[string]func(*cofactortest.Ceremony){
				"as it is":        nil,
				"with her handle": func(c *cofactortest.Ceremony) { c.UserHandle = handle },
				"with no handle":  func(c *cofactortest.Ceremony) { c.UserHandle = nil },
				"with her id": func(c *cofactortest.Ceremony) {
					c.CredentialID, c.RawID, c.UserHandle = hers.Credentials()[0].ID, hers.Credentials()[0].ID, handle
				},
			} {
				his.BeforeSigning = change
				login, err := enter(w, alice, func(options []byte) []byte {
					return get(t, his)(withoutList(t, options))
				})
				if door == "with nobody named" && change == nil {
					if err != nil || login.User.ID != mallory.User.ID {
						t.Errorf("his own key, with nobody named, signs in %q: %v", login.User.ID, err)
					}
					continue
				}
				t.Log(name)
				w.refusal(login, err)
			}
		})
	}
}

// withoutList is what an attacker's client makes of the options: it ignores which keys were asked for.
func withoutList(t *testing.T, options []byte) []byte {
	t.Helper()
	var o map[string]map[string]any
	if err := json.Unmarshal(options, &o); err != nil {
		t.Fatal(err)
	}
	delete(o["publicKey"], "allowCredentials")
	out, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestALoginIsNoRegistrationAndTheReverse posts each answer where the other is wanted.
func TestALoginIsNoRegistrationAndTheReverse(t *testing.T) {
	t.Parallel()
	w, phone, other, who := newWorld(t), newDevice(), newDevice(), alias("alice")
	proof := w.enrol(who, phone).Proof
	for _, enter := range doors {
		w.refusal(enter(w, who, func(options []byte) []byte { return create(t, other)(asCreation(t, options)) }))
	}
	id, public := w.shown(w.reg.BeginSetup(t.Context(), registry.Enrol{Who: who, Proof: proof, Kind: webauthn.Kind}))
	w.refusal(w.reg.FinishSetup(t.Context(), registry.Finish{Who: who, Challenge: id, Response: get(t, phone)(public)}))
}

// asCreation turns options of a login into those of a registration, with the same challenge.
func asCreation(t *testing.T, options []byte) []byte {
	t.Helper()
	var o map[string]map[string]any
	if err := json.Unmarshal(options, &o); err != nil {
		t.Fatal(err)
	}
	o["publicKey"]["rp"] = map[string]any{"id": rpID}
	o["publicKey"]["user"] = map[string]any{"id": "AAAA", "name": "x"}
	o["publicKey"]["pubKeyCredParams"] = []any{map[string]any{"type": "public-key", "alg": -7}}
	o["publicKey"]["authenticatorSelection"] = map[string]any{"residentKey": "required"}
	out, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestABodyThatIsNoAnswerIsAPlainNo posts what no authenticator makes, at every door. // attack
func TestABodyThatIsNoAnswerIsAPlainNo(t *testing.T) {
	t.Parallel()
	for door, enter := range doors {
		t.Run(door, func(t *testing.T) {
			t.Parallel()
			w, phone, who := newWorld(t), newDevice(), alias("alice")
			w.enrol(who, phone)
			for name, spoil := range map[string]func(good []byte) []byte{
				"nothing":         func([]byte) []byte { return nil },
				"null":            func([]byte) []byte { return []byte("null") },
				"an empty object": func([]byte) []byte { return []byte("{}") },
				"no JSON":         func([]byte) []byte { return []byte("\xff\xfe") },
				"nulls":           func([]byte) []byte { return []byte(`{"id":null,"rawId":null,"type":null,"response":null}`) },
				"other types":     func([]byte) []byte { return []byte(`{"id":1,"rawId":[],"type":{},"response":"x"}`) },
				"a deep array":    func([]byte) []byte { return []byte(strings.Repeat("[", 60_000)) },
				"a deep object":   func([]byte) []byte { return []byte(strings.Repeat(`{"a":`, 12_000)) },
				"too long":        func(good []byte) []byte { return append([]byte(strings.Repeat(" ", 64<<10)), good...) },
				"two answers":     func(good []byte) []byte { return append(good, good...) },
			} {
				t.Log(name)
				w.refusal(enter(w, who, func(options []byte) []byte { return spoil(get(t, phone)(options)) }))
			}
			if _, err := enter(w, who, get(t, phone)); err != nil {
				t.Errorf("the right answer after all of them: %v; wrong ones of a kind that nobody guesses lock nobody out", err)
			}
		})
	}
}
