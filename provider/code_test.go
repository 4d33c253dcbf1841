package provider_test

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"

	"github.com/cofactor-mfa/cofactor/provider"
)

func answer(response string) provider.Answer {
	return provider.Answer{Response: json.RawMessage(response)}
}

func TestCodeAsItIsTyped(t *testing.T) {
	t.Parallel()
	for response, want := range map[string]string{
		`{"code":"123456"}`:                   "123456",
		`{"code":"000000"}`:                   "000000",
		`{"code":"123 456"}`:                  "123456",
		`{"code":"123-456"}`:                  "123456",
		`{"code":" - 1-2 3 "}`:                "123",
		" {\n\t\"code\" : \"1\" } \r\n":       "1",
		`{"c\u006fde":"\u0031\u0032"}`:        "12",
		`{"code":"` + digits(64) + `"}`:       digits(64),
		`{"code":"` + escaped(64, '7') + `"}`: strings.Repeat("7", 64),
	} {
		if got, err := answer(response).Code(); got != want || err != nil {
			t.Errorf("%s: %q, %v", response, got, err)
		}
	}
}

func TestAnswersThatAreNoCode(t *testing.T) { // attack
	t.Parallel()
	responses := []string{
		// Nothing: absence must never read as a code.
		"", " ", "null", `""`, "{}", `{"code":""}`, `{"code":" "}`, `{"code":"-"}`, `{"code":" - "}`, `{"code":null}`,
		// Other types, and several codes for one attempt.
		"123456", `"123456"`, "true", `["123456"]`, `["code","123456"]`, `{"code":123456}`, `{"code":["123456"]}`, `{"code":["123456","123457"]}`,
		`{"code":{"code":"123456"}}`, `[{"code":"123456"},{"code":"123457"}]`, `{"code":true}`,
		// Other members, of which another decoder might see another.
		`{"code":"1","code":"2"}`, `{"code":"1","Code":"2"}`, `{"Code":"1"}`, `{"CODE":"1"}`, `{"code ":"1"}`, `{"code\u0000":"1"}`, `{"code":"1","x":1}`, `{"x":1,"code":"1"}`, `{"\u212Aode":"1"}`,
		// Not JSON, or more than one value.
		`{"code":"1"`, `{"code":"1"}}`, `{"code":"1"}{"code":"2"}`, `{"code":"1"},`, `{"code":"1"} x`, `{"code":'1'}`, `{code:"1"}`, `{"code":"1",}`, `{,"code":"1"}`, `{"code" "1"}`, "\xef\xbb\xbf{\"code\":\"1\"}", "{\"code\":\"1\"}\x00",
		// White space that is not a space, signs, other scripts' digits, and what cannot be seen.
		`{"code":"123456\n"}`, `{"code":"\t123456"}`, `{"code":"\u00a0123456"}`, `{"code":"\u2003123456"}`, `{"code":"\u200b123456"}`, `{"code":"\u202e123456"}`, `{"code":"123456\u0000"}`,
		`{"code":"+123456"}`, `{"code":"12345.6"}`, `{"code":"1e5"}`, `{"code":"0x1234"}`, `{"code":"１２３４５６"}`, `{"code":"١٢٣٤٥٦"}`, `{"code":"123\u2010456"}`, `{"code":"12345a"}`, `{"code":"१२३४५६"}`,
		"{\"code\":\"\xff\"}", `{"code":"\ud800"}`,
		// Too much.
		`{"code":"` + digits(65) + `"}`, `{"code":"` + strings.Repeat(" ", 64) + `1"}`, `{"code":"` + digits(1<<20) + `"}`,
		`{"code":"1"}` + strings.Repeat(" ", 512), strings.Repeat("[", 1<<20), strings.Repeat(`{"code":`, 1<<16),
	}
	for _, response := range responses {
		got, err := answer(response).Code()
		if got != "" || !errors.Is(err, provider.ErrInvalid) {
			t.Errorf("%.80q: %q, %v", response, got, err)
		}
	}
}

func TestTextLeavesLettersAlone(t *testing.T) {
	t.Parallel()
	for response, want := range map[string]string{
		`{"code":"abcd-EFGH 0"}`:        "abcd-EFGH 0",
		`{"code":""}`:                   "",
		`{"code":"` + digits(64) + `"}`: digits(64),
		`{"code":"\n"}`:                 "\n",
	} {
		if got, err := answer(response).Text(); got != want || err != nil {
			t.Errorf("%s: %q, %v", response, got, err)
		}
	}
	for _, response := range []string{"", "null", `{"code":null}`, `{"code":1}`, `{"Code":"a"}`, `{"code":"a","code":"b"}`, `{"code":"` + digits(65) + `"}`} { // attack
		if got, err := answer(response).Text(); got != "" || !errors.Is(err, provider.ErrInvalid) {
			t.Errorf("%.80q: %q, %v", response, got, err)
		}
	}
}

// An error goes to a log, so it must not quote what was typed: it may be the right code of somebody else's factor.
func TestErrorsDoNotQuoteTheAnswer(t *testing.T) {
	t.Parallel()
	for _, response := range []string{`{"code":"86420x"}`, `{"code":"86420","code":"86420"}`, `{"code":86420}`, `86420`, `{"code":"` + strings.Repeat("86420", 99) + `"}`, `{"86420":"1"}`} {
		if _, err := answer(response).Code(); err == nil || strings.Contains(err.Error(), "86420") {
			t.Errorf("%.40q: %v", response, err)
		}
	}
}

// Oversized input must cost nothing: its bytes are neither copied nor parsed.
func TestOversizedInputCostsNothing(t *testing.T) { // attack: A-159
	for _, size := range []int{600, 10 << 20} {
		large := answer(`{"code":"` + digits(size) + `"}`)
		if n := testing.AllocsPerRun(10, func() { _, _ = large.Code() }); n > 6 { // 3 measured: the error.
			t.Errorf("%v allocations for %d bytes", n, size)
		}
	}
}

func FuzzCode(f *testing.F) {
	for _, response := range []string{`{"code":"123 456"}`, `{"code":null}`, `{"code":"1","code":"2"}`, `{"Code":"1"}`, "", `{"code":"\u0661"}`} {
		f.Add([]byte(response))
	}
	f.Fuzz(func(t *testing.T, response []byte) {
		a := provider.Answer{Response: response}
		text, textErr := a.Text()
		code, err := a.Code()
		if textErr != nil && (err == nil || text != "") {
			t.Fatalf("%q is no text, but the code %q", response, code)
		}
		if err != nil {
			if !errors.Is(err, provider.ErrInvalid) || code != "" {
				t.Fatalf("%q, %v", code, err)
			}
			return
		}
		if code == "" || strings.Trim(code, "0123456789") != "" || len(code) > 64 || len(response) > 512 {
			t.Fatalf("%q is no code", code)
		}
		if strings.NewReplacer(" ", "", "-", "").Replace(text) != code {
			t.Fatalf("%q became %q", text, code)
		}
		// Whatever reads the same bytes as an object of strings must see the same one code.
		var seen map[string]string
		if utf8.Valid(response) && (json.Unmarshal(response, &seen) != nil || len(seen) != 1 || seen["code"] != text) {
			t.Fatalf("another decoder sees %v", seen)
		}
	})
}

// A million codes in a thousand cells: the statistic has a mean of 999 and a deviation of 45. A remainder of a 32-bit number would pass; the digits are
// looked at one by one as well, where a dropped leading zero would show.
func TestCodesAreUniform(t *testing.T) { // attack: A-125
	t.Parallel()
	const n, cells = 1_000_000, 1000
	var head, tail [cells]int
	var places [6][10]int
	for range n {
		code, err := provider.NewCode(6)
		if err != nil || len(code) != 6 {
			t.Fatalf("%q, %v", code, err)
		}
		v := 0
		for i, c := range []byte(code) {
			if c < '0' || c > '9' {
				t.Fatalf("%q", code)
			}
			places[i][c-'0']++
			v = 10*v + int(c-'0')
		}
		head[v/cells]++
		tail[v%cells]++
	}
	// Six deviations: a fair generator fails once in a hundred million runs or so.
	for name, counts := range map[string][]int{"first three digits": head[:], "last three digits": tail[:]} {
		if x := chiSquare(counts, n); x < 999-6*45 || x > 999+6*45+60 {
			t.Errorf("%s: chi-square %.0f with 999 degrees of freedom", name, x)
		}
	}
	for i, counts := range places {
		if x := chiSquare(counts[:], n); x > 60 {
			t.Errorf("digit %d: chi-square %.0f with 9 degrees of freedom: %v", i, x, counts)
		}
	}
}

func chiSquare(counts []int, n int) (x float64) {
	want := float64(n) / float64(len(counts))
	for _, c := range counts {
		x += (float64(c) - want) * (float64(c) - want) / want
	}
	return x
}

func TestLengthsOfCodes(t *testing.T) {
	t.Parallel()
	for n := -1; n <= 20; n++ {
		code, err := provider.NewCode(n)
		if ok := n >= 6 && n <= 10; ok != (err == nil) || (ok && len(code) != n) || (!ok && code != "") {
			t.Errorf("%d digits: %q, %v", n, code, err)
		}
	}
}

// crypto/rand.Reader is global, so this test is not parallel.
func TestWithoutRandomnessThereIsNoCode(t *testing.T) { // attack: A-119
	broken := errors.New("no entropy")
	for _, reader := range []io.Reader{iotest.ErrReader(broken), strings.NewReader(""), strings.NewReader("x")} {
		func() {
			defer func(r io.Reader) { rand.Reader = r }(rand.Reader)
			rand.Reader = reader
			if code, err := provider.NewCode(6); err == nil || code != "" || errors.Is(err, provider.ErrRejected) || errors.Is(err, provider.ErrInvalid) {
				t.Errorf("%q, %v", code, err)
			}
		}()
	}
}

func digits(n int) string { return strings.Repeat("1234567890", n/10+1)[:n] }

func escaped(n int, c byte) string { return strings.Repeat(`\u00`+hex(c), n) }

func hex(c byte) string { return string("0123456789abcdef"[c>>4]) + string("0123456789abcdef"[c&15]) }

// attack: A-161
func TestOnlyTheWholeAnswerSaysSo(t *testing.T) {
	t.Parallel()
	for response, want := range map[string]bool{
		`{"saved":true}`:              true,
		" {\n\"saved\" : true } ":     true,
		`{"saved":false}`:             false,
		`{"saved":"true"}`:            false,
		`{"saved":1}`:                 false,
		`{"SAVED":true}`:              false,
		`{"trust":true}`:              false,
		`{"saved":true,"saved":true}`: false,
		`{"saved":true}{}`:            false,
		`true`:                        false,
		`{`:                           false,
		``:                            false,
		`{"saved":true}` + string(make([]byte, 64)): false,
	} {
		if got := (provider.Answer{Response: []byte(response)}).Says("saved"); got != want {
			t.Errorf("%q says so: %v, want %v", response, got, want)
		}
	}
}
