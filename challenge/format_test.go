package challenge_test

import (
	"context"
	"encoding/hex"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"github.com/cofactor-mfa/cofactor/challenge"
	"github.com/cofactor-mfa/cofactor/internal/seal"
)

var update = flag.Bool("update", false, "write the golden files of a new format; those of an old one never change")

// plain is what an Issuer seals for c.
func plain(t testing.TB, c challenge.Challenge) []byte {
	t.Helper()
	s := newSpy()
	issue(t, issuer(t, s), c)
	for _, r := range s.stored {
		return r.Sealed[16:]
	}
	return nil
}

// read opens a carried challenge that seals these bytes.
func read(t testing.TB, b []byte) (challenge.Challenge, error) {
	t.Helper()
	sealed, _ := glass{}.Encrypt(b, seal.Bind("challenge 1", "unstored"))
	got, err := issuer(t, challenge.NewMemory()).Attempt(context.Background(), noon, "0"+text.EncodeToString(sealed), "a")
	return got.Challenge, err
}

func TestSealedBytesAreGolden(t *testing.T) {
	for name, c := range map[string]challenge.Challenge{
		"v1_full": full(), "v1_carried": carriable(), "v1_least": {Purpose: challenge.Login, Expires: noon.Add(time.Millisecond)},
	} {
		file := filepath.Join("testdata", name+".hex")
		got := hex.Dump(plain(t, c))
		if *update {
			if err := errors.Join(os.MkdirAll("testdata", 0o755), os.WriteFile(file, []byte(got), 0o644)); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("%s is sealed in other bytes than version 1 did; give the new format a new first byte:\n%swant\n%s", name, got, want)
		}
	}
}

func TestWhatIsSealedIsRead(t *testing.T) {
	got, err := read(t, plain(t, carriable()))
	if err != nil || !reflect.DeepEqual(got, carriable()) {
		t.Errorf("got %+v, %v", got, err)
	}
}

// attack
func TestUnknownFormatsAndPurposesAreGone(t *testing.T) {
	good := plain(t, carriable())
	for at, values := range map[int][]byte{0: {0, 2, 3, 255}, 1: {0, 4, 255}} {
		for _, v := range values {
			bad := append([]byte{}, good...)
			bad[at] = v
			_, err := read(t, bad)
			isGone(t, "a record with another format or purpose", err)
		}
	}
	for n := range len(good) {
		_, err := read(t, good[:n])
		isGone(t, "a record cut short", err)
	}
	_, err := read(t, append(good[:len(good):len(good)], 0))
	isGone(t, "a record with a byte more", err)
	_, err = read(t, nil)
	isGone(t, "an empty record", err)
}

// Stored challenges are read by the same rules as carried ones.
func TestAStoredRecordOfAnUnknownFormatIsGone(t *testing.T) {
	ctx, s := context.Background(), newSpy()
	i := issuer(t, s)
	id := issue(t, i, full())
	s.reply = func(k challenge.Key, r challenge.Record) challenge.Record {
		b := append([]byte{}, r.Sealed[16:]...)
		b[0] = 2
		r.Sealed, _ = glass{}.Encrypt(b, seal.Bind("challenge 1", k.Tag, k.Hash))
		return r
	}
	_, err := i.Attempt(ctx, noon, id, "a")
	isGone(t, "Attempt on a record of format 2", err)
}

// FuzzSealed: whatever opens is a challenge whose encoding is the very bytes that were opened.
func FuzzSealed(f *testing.F) {
	f.Add(plain(f, carriable()))
	f.Add(plain(f, full()))
	f.Add([]byte{1, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := read(t, b)
		if err != nil {
			isGone(t, "what does not open", err)
			return
		}
		if c.Expires.UnixMilli() >= 1<<48 {
			return // no store takes it
		}
		if again := plain(t, c); string(again) != string(b) {
			t.Errorf("%x opens as %+v, which is sealed as %x", b, c, again)
		}
	})
}

// FuzzId: no id but the issued one leads to a challenge.
func FuzzId(f *testing.F) {
	i := issuer(f, challenge.NewMemory())
	id := issue(f, i, full())
	carried, err := i.Carry(carriable())
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{id, carried, "", "0", "1", id + "\n", carried + "\n"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		_, err := i.Attempt(context.Background(), noon, s, "a")
		if s == id || s == carried {
			if err != nil {
				t.Errorf("the issued id: %v", err)
			}
			return
		}
		isGone(t, "an id that was never issued", err)
	})
}
