package e2e_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cofactor-mfa/cofactor/internal/testenv"
)

// Other people's verifiers say what our provider says of the same ceremonies, in both directions. A provider and an authenticator of one house could be
// wrong in the same way.
func TestOtherVerifiersAgree(t *testing.T) {
	t.Parallel()
	list := ceremonies(t)
	t.Run("simplewebauthn", func(t *testing.T) { simplewebauthn(t, list) })
	t.Run("libfido2", func(t *testing.T) { libfido2(t, list) })
}

type verdict struct {
	Create, Get, Format string
	Counter             int
}

func simplewebauthn(t *testing.T, list []ceremony) {
	var whole, broken []ceremony
	for _, c := range list {
		whole = append(whole, c)
		bad := c
		bad.Get.Response = flipped(t, c.Get.Response, "signature")
		broken = append(broken, bad)
	}
	other := list[0] // an answer to another challenge
	other.Get.Options = list[1].Get.Options
	broken = append(broken, other)

	verdicts := verifyWithNode(t, append(whole, broken...))
	for i, c := range whole {
		if v := verdicts[i]; v.Create != "yes" || v.Get != "yes" || v.Counter != 2 {
			t.Errorf("%s: it says %+v of what our provider has accepted", c.Name, v)
		}
	}
	for i, c := range broken {
		if v := verdicts[len(whole)+i]; v.Create != "yes" || !strings.HasPrefix(v.Get, "no") {
			t.Errorf("%s, corrupted: it says %+v; this test would not notice if it verified nothing", c.Name, v)
		}
	}
}

func verifyWithNode(t *testing.T, list []ceremony) (verdicts []verdict) {
	t.Helper()
	script, err := filepath.Abs("testdata/verify.mjs")
	if err != nil {
		t.Fatal(err)
	}
	packages := npm(t)
	node := exec.CommandContext(t.Context(), testenv.Tool(t, "node"), script)
	node.Env = append(os.Environ(), "COFACTOR_NPM="+filepath.Dir(packages))
	node.Stdin = bytes.NewReader(encode(t, list))
	var said bytes.Buffer
	node.Stderr = &said
	out, err := node.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, said.String())
	}
	decode(t, out, &verdicts)
	if len(verdicts) != len(list) {
		t.Fatalf("%d verdicts on %d ceremonies", len(verdicts), len(list))
	}
	return verdicts
}

func libfido2(t *testing.T, list []ceremony) {
	for _, c := range list {
		if err := fidoAssert(t, c); err != nil {
			t.Errorf("%s: it refuses what our provider has accepted: %v", c.Name, err)
		}
		for _, member := range []string{"signature", "authenticatorData", "clientDataJSON"} {
			bad := c
			bad.Get.Response = flipped(t, c.Get.Response, member)
			if err := fidoAssert(t, bad); err == nil {
				t.Errorf("%s: it accepts a login whose %s was changed; this test would not notice if it verified nothing", c.Name, member)
			}
		}
	}
}

// fidoAssert has libfido2's own tool verify a login, user presence and verification included. Its input is described in fido2-assert(1).
func fidoAssert(t *testing.T, c ceremony) error {
	t.Helper()
	var made, used struct {
		Response struct {
			PublicKey          json.RawMessage `json:"publicKey"`
			PublicKeyAlgorithm int             `json:"publicKeyAlgorithm"`
			ClientDataJSON     json.RawMessage `json:"clientDataJSON"`
			AuthenticatorData  json.RawMessage `json:"authenticatorData"`
			Signature          json.RawMessage `json:"signature"`
		} `json:"response"`
	}
	var options struct {
		PublicKey struct {
			RPID string `json:"rpId"`
		} `json:"publicKey"`
	}
	decode(t, c.Create.Response, &made)
	decode(t, c.Get.Response, &used)
	decode(t, c.Get.Options, &options)

	key := filepath.Join(t.TempDir(), "key.pem")
	if err := os.WriteFile(key, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: unb64(t, made.Response.PublicKey)}), 0o600); err != nil {
		t.Fatal(err)
	}
	kind := map[int]string{-7: "es256", -8: "eddsa", -257: "rs256"}[made.Response.PublicKeyAlgorithm]
	hash := sha256.Sum256(unb64(t, used.Response.ClientDataJSON))
	data := unb64(t, used.Response.AuthenticatorData)
	cbor := append([]byte{0x58, byte(len(data))}, data...) // a byte string of up to 255 bytes
	lines := []string{
		base64.StdEncoding.EncodeToString(hash[:]), options.PublicKey.RPID,
		base64.StdEncoding.EncodeToString(cbor), base64.StdEncoding.EncodeToString(unb64(t, used.Response.Signature)), "",
	}
	tool := exec.CommandContext(t.Context(), testenv.Tool(t, "fido2-assert"), "-V", "-p", "-v", key, kind)
	tool.Stdin = strings.NewReader(strings.Join(lines, "\n"))
	if out, err := tool.CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	return nil
}

func unb64(t *testing.T, text json.RawMessage) []byte {
	t.Helper()
	var s string
	decode(t, text, &s)
	raw, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}
