package keyset_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/cofactor-mfa/cofactor/keyset"
)

// attack: A-124
func TestKeysDoNotPrint(t *testing.T) {
	clear := generate(t, nil)
	cfg := keyset.Config{Keyset: clear}
	k := load(t, cfg)

	var out bytes.Buffer
	for _, v := range []any{clear, &clear, cfg, &cfg, k, *k} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%o"} {
			fmt.Fprintf(&out, verb+"\n", v)
		}
		j, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		out.Write(j)
		slog.New(slog.NewTextHandler(&out, nil)).Info("text", "value", v)
		slog.New(slog.NewJSONHandler(&out, nil)).Info("json", "value", v)
	}
	mustNotShow(t, out.String(), clear)
	mustNotShow(t, fmt.Sprint(k.IDs(), k.PrimaryID()), clear)
}

// mustNotShow looks for the keys, and for the file as a whole, in every spelling a printer would choose.
func mustNotShow(t *testing.T, seen string, clear keyset.JSON) {
	t.Helper()
	decimal := strings.Trim(fmt.Sprint([]byte(clear[:32])), "[]")
	goSyntax := strings.TrimSuffix(strings.TrimPrefix(fmt.Sprintf("%#v", []byte(clear[:32])), "[]byte{"), "}")
	spellings := append(keyMaterial(t, clear), "AesGcmKey", decimal, goSyntax,
		hex.EncodeToString(clear[:32]), strings.ToUpper(hex.EncodeToString(clear[:32])), base64.StdEncoding.EncodeToString(clear[:30]))
	for _, secret := range spellings {
		if strings.Contains(seen, secret) {
			t.Errorf("%.20q... is key material, and was printed", secret)
		}
	}
}
