package seal_test

import (
	"bytes"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/cofactor-mfa/cofactor/internal/seal"
)

// What was sealed under a binding must open under the same one in every later version.
func TestBindingsAreGolden(t *testing.T) {
	for want, got := range map[string][]byte{
		"0b6368616c6c656e6765203108756e73746f726564": seal.Bind("challenge 1", "unstored"),
		"000000":     seal.Bind("", "", ""),
		"0170016101": seal.Bind("p", "a", strings.Repeat("b", 1))[:5],
	} {
		if hex.EncodeToString(got) != want {
			t.Errorf("got %x, want %s", got, want)
		}
	}
}

// attack
func TestBindingsDiffer(t *testing.T) {
	all := [][]string{
		{""},
		{"", ""},
		{"", "", ""},
		{"a"},
		{"a", ""},
		{"", "a"},
		{"a", "b"},
		{"ab"},
		{"ab", ""},
		{"a:b", "c"},
		{"a", "b:c"},
		{"a", "b", "c"},
		{"a\x01b"},
		{"a", "\x01b"},
		{strings.Repeat("a", 127)},
		{strings.Repeat("a", 128)},
		{strings.Repeat("a", 127), "a"},
	}
	for i, a := range all {
		for _, b := range all[:i] {
			if bytes.Equal(seal.Bind(a[0], a[1:]...), seal.Bind(b[0], b[1:]...)) {
				t.Errorf("%q and %q bind alike: a ciphertext of one opens as the other", a, b)
			}
		}
	}
}

// FuzzBind: two different lists of parts never bind alike, wherever they are cut.
func FuzzBind(f *testing.F) {
	f.Add("a:b:c", "a:b:c", byte(':'), byte('b'))
	f.Add("\x01a\x01b", "\x01a\x01b", byte(1), byte('a'))
	f.Fuzz(func(t *testing.T, x, y string, cutX, cutY byte) {
		a, b := strings.Split(x, string([]byte{cutX})), strings.Split(y, string([]byte{cutY}))
		same := len(a) == len(b)
		for i := 0; same && i < len(a); i++ {
			same = a[i] == b[i]
		}
		if bytes.Equal(seal.Bind(a[0], a[1:]...), seal.Bind(b[0], b[1:]...)) != same {
			t.Errorf("%q and %q: bound alike must be %v", a, b, same)
		}
	})
}
