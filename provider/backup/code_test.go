package backup_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"io"
	"math"
	"regexp"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/provider/backup"
)

var spelling = regexp.MustCompile(`^([0-9A-HJKMNP-TV-Z]{4}-){5}[0-9A-HJKMNP-TV-Z]{4}$`)

func TestCodesAreUniform(t *testing.T) { // attack
	t.Parallel()
	const sets, perSet, digits = 500, 20, 24
	p := newProvider(t, backup.Config{Count: perSet})
	seen := map[string]bool{}
	var count [digits][32]int
	for range sets {
		codes, _ := enrol(t, p)
		for _, c := range codes {
			if !spelling.MatchString(c) || seen[c] {
				t.Fatalf("%q is misspelt, or was given out before", c)
			}
			seen[c] = true
			for i, d := range strings.ReplaceAll(c, "-", "") {
				count[i][strings.IndexRune("0123456789ABCDEFGHJKMNPQRSTVWXYZ", d)]++
			}
		}
	}
	// Chi-square with 31 degrees of freedom is over 100 in one of 10^8 fair draws; there are 24.
	const expected = float64(sets*perSet) / 32
	for i := range count {
		chi := 0.0
		for _, n := range count[i] {
			chi += (float64(n) - expected) * (float64(n) - expected) / expected
		}
		if chi > 100 {
			t.Errorf("digit %d is not uniform: chi-square %.0f", i, chi)
		}
	}
}

// Not parallel: the generator's source belongs to the process.
func TestNoRandomnessNoCodes(t *testing.T) { // attack: A-119
	real := rand.Reader
	t.Cleanup(func() { rand.Reader = real })
	broken := errors.New("no entropy")
	p := newProvider(t, backup.Config{})
	for _, n := range []int64{0, 1, 32, 40, 181} { // of the 182 bytes that a set needs
		rand.Reader = io.MultiReader(io.LimitReader(zeros{}, n), iotest.ErrReader(broken))
		prompt, err := p.SetupHook(t.Context(), provider.SetupRequest{User: user, Now: now})
		if !errors.Is(err, broken) || prompt.Public != nil || prompt.Private != nil {
			t.Errorf("%d random bytes made the prompt %v with error %v", n, prompt.Public, err)
		}
	}
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { clear(b); return len(b), nil }

func TestCodesAreReadAsPeopleTypeThem(t *testing.T) { // attack: A-160
	t.Parallel()
	p := newProvider(t, backup.Config{})
	// A set whose codes have both digits that are mistaken for letters.
	var code string
	var data []byte
	for i := 0; !strings.Contains(code, "0") || !strings.Contains(code, "1") || !strings.Contains(code, "K"); i++ {
		var codes []string
		codes, data = enrol(t, p)
		code = codes[i%len(codes)]
	}
	plain := strings.ReplaceAll(code, "-", "")
	swap := func(old, new string) string { return strings.ReplaceAll(plain, old, new) }
	for name, typed := range map[string]string{
		"as shown": code, "without hyphens": plain, "lower case": strings.ToLower(code), "with spaces": strings.ReplaceAll(code, "-", " "),
		"spaces around": "  " + plain + "  ", "hyphens anywhere": "-" + plain[:1] + "--" + plain[1:] + "-", "O for 0": swap("0", "O"),
		"o for 0": swap("0", "o"), "I for 1": swap("1", "I"), "i for 1": swap("1", "i"), "L for 1": swap("1", "L"), "l for 1": swap("1", "l"),
	} {
		if _, err := try(p, data, typed); err != nil {
			t.Errorf("%s: %q: %v", name, typed, err)
		}
	}
	for name, typed := range map[string]string{
		"empty": "", "blank": "      ", "hyphens": strings.Repeat("-", 24), "one group": plain[:4], "one digit less": plain[:23], "one digit more": plain + "0",
		"twice": plain + plain, "over 64 bytes": plain + strings.Repeat(" ", 41), "line feed": plain + "\n", "carriage return": plain[:12] + "\r" + plain[12:],
		"line feed for a digit": plain[:23] + "\n", "tab": plain[:4] + "\t" + plain[4:], "NUL": plain + "\x00", "no-break space": plain[:4] + "\u00a0" + plain[4:],
		"zero-width space": plain[:4] + "\u200b" + plain[4:], "no-break hyphen": strings.ReplaceAll(code, "-", "\u2011"), "en dash": strings.ReplaceAll(code, "-", "–"),
		"full-width zero": swap("0", "\uff10"), "Arabic one": swap("1", "\u0661"), "Cyrillic K": swap("K", "\u041a"), "Kelvin sign": swap("K", "\u212a"),
		"right to left": "\u202e" + plain, "padding": plain + "=", "underscore": strings.ReplaceAll(code, "-", "_"), "U is no digit": plain[:23] + "U",
		"malformed UTF-8": plain + "\xff",
	} {
		if _, err := try(p, data, typed); !errors.Is(err, provider.ErrInvalid) {
			t.Errorf("%s: %q: %v", name, typed, err)
		}
	}
}

func TestEveryCheckDoesTheSameWork(t *testing.T) { // attack
	small, large := newProvider(t, backup.Config{Count: 4}), newProvider(t, backup.Config{Count: 20})
	allocations := func(data []byte, typed string) float64 {
		req := provider.LoginRequest{User: user, Factors: []provider.Factor{{ID: "f-1", Data: data}}, Now: now}
		ans := provider.Answer{Response: json.RawMessage(`{"code":"` + typed + `"}`)}
		return testing.AllocsPerRun(300, func() { _, _ = small.LoginVerify(context.Background(), req, ans) })
	}
	codes, data := enrol(t, small)
	_, others := enrol(t, large)
	m, err := try(small, data, codes[0])
	if err != nil {
		t.Fatal(err)
	}
	base := allocations(data, strings.Repeat("0", 24))
	for name, got := range map[string]float64{
		"a code that was used":     allocations(m.Data, strings.ReplaceAll(codes[0], "-", "")),
		"another code":             allocations(data, strings.Repeat("Z", 24)),
		"a set of 20 and not of 4": allocations(others, strings.Repeat("Z", 24)),
	} {
		// A second HMAC would take seven more; the race detector makes a few come and go.
		if math.Abs(got-base) > 3 {
			t.Errorf("%s: %v allocations, and %v for a wrong code", name, got, base)
		}
	}
}

func FuzzTypedCode(f *testing.F) {
	p := newProvider(f, backup.Config{Count: 4})
	codes, data := enrol(f, p)
	for _, s := range []string{codes[0], strings.ToLower(codes[1]), " " + codes[2] + " ", codes[3] + "0", "", "O0I1L", "\u212a", "\n", strings.Repeat("-", 64)} {
		f.Add(s)
	}
	reading := strings.NewReplacer(" ", "", "-", "", "O", "0", "o", "0", "I", "1", "i", "1", "L", "1", "l", "1")
	f.Fuzz(func(t *testing.T, typed string) {
		_, err := try(p, data, typed)
		want := false
		for _, c := range codes {
			read := reading.Replace(typed)
			want = want || (len(typed) <= 64 && len(read) == 24 && asciiUpper(read) == strings.ReplaceAll(c, "-", ""))
		}
		if (err == nil) != want {
			t.Errorf("%q: %v, but it is a code of the set: %v", typed, err, want)
		}
		if err != nil && !denied(err) {
			t.Errorf("%q: %v is no verdict, so the attempt would be free", typed, err)
		}
	})
}

func asciiUpper(s string) string {
	return strings.Map(func(r rune) rune {
		if 'a' <= r && r <= 'z' {
			return r - 'a' + 'A'
		}
		return r
	}, s)
}

func FuzzRecord(f *testing.F) {
	p := newProvider(f, backup.Config{Count: 4})
	codes, data := enrol(f, p)
	f.Add(data)
	f.Add([]byte{})
	f.Add([]byte{1})
	f.Add(append([]byte{1, 32}, make([]byte, 32+1+32)...))
	f.Add(bytes.Repeat([]byte{0xff}, 100))
	f.Fuzz(func(t *testing.T, record []byte) {
		before := bytes.Clone(record)
		m, err := try(p, record, codes[0])
		if err == nil && (bytes.Equal(m.Data, record) || len(m.Data) != len(record)) {
			t.Errorf("a code was accepted and not struck out")
		}
		if !bytes.Equal(before, record) {
			t.Error("the caller's record was changed")
		}
	})
}
