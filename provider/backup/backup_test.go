package backup_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"testing"

	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/provider/backup"
)

func TestConfigIsChecked(t *testing.T) {
	t.Parallel()
	for count, valid := range map[int]bool{-1: false, 0: true, 3: false, 4: true, 20: true, 21: false} {
		p, err := backup.New(backup.Config{Count: count})
		if (err == nil) != valid || (p != nil) != valid {
			t.Errorf("Count %d: error %v", count, err)
		}
	}
	codes, _ := enrol(t, newProvider(t, backup.Config{}))
	if len(codes) != 10 {
		t.Errorf("a set has %d codes if nobody says otherwise, want 10", len(codes))
	}
}

func TestInfo(t *testing.T) {
	t.Parallel()
	info := newProvider(t, backup.Config{}).Info()
	if err := info.Validate(); err != nil {
		t.Error(err)
	}
	if info.Role != provider.Recovery || info.Unguessable || len(info.AMR) != 0 {
		t.Errorf("codes that do not name their factor, and prove none, are described as %+v", info)
	}
}

func TestEachCodeWorksOnce(t *testing.T) { // attack: A-10
	t.Parallel()
	p := newProvider(t, backup.Config{Count: 4})
	codes, data := enrol(t, p)
	for i, c := range codes {
		m, err := try(p, data, c)
		if err != nil {
			t.Fatalf("code %d: %v", i, err)
		}
		if want := (backup.Used{Remaining: len(codes) - i - 1}); m.Once != want {
			t.Errorf("after code %d the client is told %v, want %v", i, m.Once, want)
		}
		if len(m.Data) != len(data) {
			t.Errorf("the record's size tells that a code was used: %d bytes became %d", len(data), len(m.Data))
		}
		data = m.Data
		for j, used := range codes[:i+1] {
			if _, err := try(p, data, used); !errors.Is(err, provider.ErrRejected) {
				t.Errorf("code %d after it was used: %v", j, err)
			}
		}
	}
}

func TestUsingACodeLeavesTheRequestAlone(t *testing.T) {
	t.Parallel()
	p := newProvider(t, backup.Config{})
	codes, data := enrol(t, p)
	before := bytes.Clone(data)
	if _, err := try(p, data, codes[3]); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(data, before) {
		t.Error("LoginVerify struck the code out in the caller's memory")
	}
}

func TestCodesOfOthersAreWorthless(t *testing.T) { // attack
	t.Parallel()
	p := newProvider(t, backup.Config{})
	_, mine := enrol(t, p)
	theirs, _ := enrol(t, p)
	for _, c := range theirs {
		if m, err := try(p, mine, c); !errors.Is(err, provider.ErrRejected) || m.Data != nil {
			t.Errorf("a code of another set: match %v, error %v", m, err)
		}
	}
}

func TestSetIsShownAgainUnchanged(t *testing.T) {
	t.Parallel()
	p := newProvider(t, backup.Config{})
	first, err := p.SetupHook(context.Background(), provider.SetupRequest{User: user, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	// A deployment that has changed its mind about the count meanwhile still shows the same codes.
	again, err := newProvider(t, backup.Config{Count: 5}).SetupHook(context.Background(), provider.SetupRequest{User: user, Previous: first.Private, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(first.Private, again.Private) || fmt.Sprint(shown(t, first)) != fmt.Sprint(shown(t, again)) {
		t.Error("a reload shows other codes than those the user may have saved already")
	}
	if _, err := p.SetupHook(context.Background(), provider.SetupRequest{Previous: first.Private[:40], Now: now}); err == nil {
		t.Error("a damaged challenge was replaced by a new set, which nobody is shown")
	}
}

func TestOnlyAnExplicitConfirmationEnrols(t *testing.T) { // attack
	t.Parallel()
	p := newProvider(t, backup.Config{})
	prompt, err := p.SetupHook(context.Background(), provider.SetupRequest{User: user, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	verify := func(private []byte, response string) error {
		_, err := p.SetupVerify(context.Background(), provider.SetupRequest{User: user, Now: now}, provider.Answer{Private: private, Response: json.RawMessage(response)})
		return err
	}
	for _, response := range []string{
		"", "null", "true", "[]", "{}", `"saved"`, `{"saved":false}`, `{"saved":null}`, `{"saved":1}`, `{"saved":"true"}`, `{"Saved":true}`,
		`{"saved":false,"saved":true}`, `{"saved":true,"saved":true}`, `{"saved":true,"x":1}`, `{"saved":true}{}`, `{"saved":true} x`, `[{"saved":true}]`,
		strings.Repeat(" ", 64<<10) + `{"saved":true}`, "\x00", "\xff\xfe",
	} {
		if err := verify(prompt.Private, response); !errors.Is(err, provider.ErrInvalid) {
			t.Errorf("%.40q: %v", response, err)
		}
	}
	for _, private := range [][]byte{nil, {}, {1}, prompt.Private[:len(prompt.Private)-15], append([]byte{2}, prompt.Private[1:]...)} {
		if err := verify(private, `{"saved":true}`); err == nil || denied(err) {
			t.Errorf("a confirmation without the set it confirms: %v, want a fault", err)
		}
	}
	if err := verify(prompt.Private, " {\"saved\" : true}\n"); err != nil {
		t.Errorf("white space: %v", err)
	}
}

func TestNothingKeptOrPrintedIsACode(t *testing.T) { // attack: A-120
	t.Parallel()
	p := newProvider(t, backup.Config{})
	prompt, err := p.SetupHook(context.Background(), provider.SetupRequest{User: user, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	codes, data := shown(t, prompt), []byte(nil)
	e, err := p.SetupVerify(context.Background(), provider.SetupRequest{}, provider.Answer{Private: prompt.Private, Response: json.RawMessage(`{"saved":true}`)})
	if err != nil {
		t.Fatal(err)
	}
	data = e.Data
	_, refusal := try(p, data, codes[0][:10])
	var printed strings.Builder
	fmt.Fprintf(&printed, "%v %+v %#v %s %v %v\n", prompt.Public, prompt.Public, prompt.Public, prompt.Public, refusal, e.Hint)
	slog.New(slog.NewJSONHandler(&printed, nil)).Info("begun", "public", prompt.Public)
	for i, c := range codes {
		raw := prompt.Private[35+15*i:][:15] // behind the format, the key and two lengths
		for n := 4; n <= len(raw); n++ {
			if bytes.Contains(data, raw[:n]) {
				t.Errorf("the stored record contains %d bytes of code %d", n, i)
			}
		}
		for _, part := range append(strings.Split(c, "-"), strings.ReplaceAll(c, "-", "")) {
			if bytes.Contains(data, []byte(part)) || strings.Contains(printed.String(), part) {
				t.Errorf("code %d, or a group of it, is kept or printed: %s", i, printed.String())
			}
		}
	}
}

func TestUnknownRecordsDenyWithAFault(t *testing.T) { // attack: A-163
	t.Parallel()
	p := newProvider(t, backup.Config{})
	codes, data := enrol(t, p)
	records := map[string][]byte{
		"nil": nil, "empty": {}, "version only": {1}, "version 0": append([]byte{0}, data[1:]...),
		"version 2": append([]byte{2}, data[1:]...), "one more byte": append(bytes.Clone(data), 0),
		"no codes": append(bytes.Clone(data[:34]), 0), "a short key": append([]byte{1, 1, 7}, data[34:]...),
		"half a code": append(append(bytes.Clone(data[:34]), 16), make([]byte, 16)...),
	}
	for n := range data {
		records[fmt.Sprintf("the first %d bytes", n)] = data[:n]
	}
	for name, record := range records {
		m, err := try(p, record, codes[0])
		if err == nil || denied(err) || m.FactorID != "" || m.Data != nil {
			t.Errorf("%s: match %v, error %v, want a fault that is no verdict", name, m, err)
		}
	}
}

func TestLoginNeedsExactlyOneSet(t *testing.T) {
	t.Parallel()
	p := newProvider(t, backup.Config{})
	codes, data := enrol(t, p)
	f := provider.Factor{ID: "f-1", Data: data}
	for _, factors := range [][]provider.Factor{nil, {}, {f, f}} {
		_, err := p.LoginVerify(context.Background(), provider.LoginRequest{User: user, Factors: factors, Now: now},
			provider.Answer{Response: json.RawMessage(`{"code":"` + codes[0] + `"}`)})
		if err == nil {
			t.Errorf("a code matched with %d sets", len(factors))
		}
	}
}

// The golden record is a set as version 1 writes it. A change that cannot read it locks users out, and needs a new version instead.
func TestGoldenRecord(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("testdata/set-v1.hex")
	if err != nil {
		t.Fatal(err)
	}
	data, err := hex.DecodeString(strings.Join(strings.Fields(string(text)), ""))
	if err != nil {
		t.Fatal(err)
	}
	p := newProvider(t, backup.Config{})
	m, err := try(p, data, "RPYP-2RWN-MKWD-57P9-H9TX-DZ4H")
	if err != nil {
		t.Fatal(err)
	}
	if want := (backup.Used{Remaining: 2}); m.Once != want {
		t.Errorf("the golden set has %v left after one more was used, want %v", m.Once, want)
	}
}
