package keyset_test

import (
	"strings"
	"testing"

	"github.com/cofactor-mfa/cofactor/keyset"
)

// attack: A-122
func TestWhatIsNoKeysetIsRefused(t *testing.T) {
	kek := ephemeral(t)
	clear, encrypted := generate(t, nil), generate(t, kek)
	edit := func(old, replacement string) keyset.JSON {
		edited := strings.Replace(string(clear), old, replacement, 1)
		if edited == string(clear) {
			t.Fatalf("%q is not in a keyset", old)
		}
		return keyset.JSON(edited)
	}
	for name, c := range map[string]struct {
		cfg  keyset.Config
		says string
	}{
		"nothing":                 {keyset.Config{}, "there is no keyset"},
		"nothing, with a KEK":     {keyset.Config{KEK: kek}, "there is no keyset"},
		"white space":             {keyset.Config{Keyset: keyset.JSON(" \n")}, "not a Tink keyset"},
		"null":                    {keyset.Config{Keyset: keyset.JSON("null")}, "not a Tink keyset"},
		"an empty object":         {keyset.Config{Keyset: keyset.JSON("{}")}, "not a Tink keyset"},
		"half a keyset":           {keyset.Config{Keyset: clear[:len(clear)/2]}, "not a Tink keyset"},
		"no keys":                 {keyset.Config{Keyset: keyset.JSON(`{"primaryKeyId":1,"key":[]}`)}, "unusable"},
		"encrypted, no KEK":       {keyset.Config{Keyset: encrypted}, "no KEK"},
		"in the clear, with KEK":  {keyset.Config{Keyset: clear, KEK: kek}, "in the clear"},
		"another KEK":             {keyset.Config{Keyset: encrypted, KEK: ephemeral(t)}, "does not open it"},
		"a disabled primary key":  {keyset.Config{Keyset: edit(`"ENABLED"`, `"DISABLED"`)}, "primary"},
		"a destroyed primary key": {keyset.Config{Keyset: edit(`"ENABLED"`, `"DESTROYED"`)}, "primary"},
		"no such primary key":     {keyset.Config{Keyset: edit(`"primaryKeyId":`, `"primaryKeyId":1`)}, ""},
		"a MAC key":               {keyset.Config{Keyset: edit("google.crypto.tink.AesGcmKey", "google.crypto.tink.HmacKey")}, "AEAD"},
		"a key without a mark":    {keyset.Config{Keyset: edit(`"TINK"`, `"RAW"`)}, "RAW"},
		"an unknown member":       {keyset.Config{Keyset: edit(`{`, `{"comment":"",`)}, "unusable"},
	} {
		t.Run(name, func(t *testing.T) {
			k, err := keyset.New(c.cfg)
			if err == nil || k != nil {
				t.Fatalf("a keyset that cannot be used must stop the start, never be replaced: got %v", k)
			}
			if !strings.HasPrefix(err.Error(), "keyset: ") || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "\n") {
				t.Errorf("want one line that says %q, got %q", c.says, err)
			}
			if _, err := keyset.Rotate(c.cfg); err == nil {
				t.Error("it was rotated all the same")
			}
			mustNotShow(t, err.Error(), clear)
		})
	}
}

func FuzzNew(f *testing.F) {
	clear := generate(f, nil)
	f.Add([]byte(clear))
	f.Add([]byte(generate(f, ephemeral(f))))
	f.Add([]byte(`{"key":[{"keyData":null,"status":"ENABLED"}]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		k, err := keyset.New(keyset.Config{Keyset: raw})
		if (k == nil) == (err == nil) {
			t.Fatalf("either a keyset or an error: got %v and %v", k, err)
		}
		if err == nil {
			opens(t, k, encrypt(t, k, "plain", "where"), "where", "plain")
		}
	})
}
