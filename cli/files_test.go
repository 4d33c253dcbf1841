package cli_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"github.com/cofactor-mfa/cofactor/cli"
)

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// attack: A-122
func TestAFileIsNeverWrittenOver(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "keys")
	if err := cli.WriteNew(path, []byte("first")); err != nil {
		t.Fatal(err)
	}
	if err := cli.WriteNew(path, []byte("second")); !errors.Is(err, os.ErrExist) || read(t, path) != "first" {
		t.Errorf("the second: %v, and the file has %q", err, read(t, path))
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("it is not its owner's alone: %v, %v", info.Mode(), err)
	}
}

// Whatever goes wrong, what is in place is the old or the new, and whole.
//
// attack: A-122
func TestAChangeIsMadeWholeOrNotAtAll(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	path := filepath.Join(folder, "keys")
	if err := cli.WriteNew(path, []byte("first")); err != nil {
		t.Fatal(err)
	}
	broken := errors.New("broken")
	if err := cli.Change(path, func([]byte) ([]byte, error) { return []byte("half"), broken }); !errors.Is(err, broken) || read(t, path) != "first" {
		t.Errorf("after a change that failed: %v, %q", err, read(t, path))
	}
	if err := cli.Change(path, func(old []byte) ([]byte, error) { return append(old, " and second"...), nil }); err != nil || read(t, path) != "first and second" {
		t.Errorf("after a change: %v, %q", err, read(t, path))
	}
	if left, err := os.ReadDir(folder); err != nil || len(left) != 1 {
		t.Errorf("something is left behind: %v, %v", left, err)
	}
}

// Of two changes at once one is refused, or made on what the other has made: none is lost.
func TestNoChangeIsLost(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "keys")
	if err := cli.WriteNew(path, nil); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	made := 0
	for range 16 {
		wg.Go(func() {
			if cli.Change(path, func(old []byte) ([]byte, error) { return append(old, 'x'), nil }) == nil {
				mu.Lock()
				defer mu.Unlock()
				made++
			}
		})
	}
	wg.Wait()
	if got := read(t, path); made == 0 || len(got) != made {
		t.Errorf("%d changes were made, and the file has %d", made, len(got))
	}
}

// The owner of a file that root changes still can read it.
func TestTheOwnerStays(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root may give a file away")
	}
	path := filepath.Join(t.TempDir(), "keys")
	if err := errors.Join(cli.WriteNew(path, []byte("first")), os.Chown(path, 12345, 12346), os.Chmod(path, 0o440)); err != nil {
		t.Fatal(err)
	}
	if err := cli.Change(path, func([]byte) ([]byte, error) { return []byte("second"), nil }); err != nil {
		t.Fatal(err)
	}
	uid, gid := owner(t, path)
	info, err := os.Stat(path)
	if err != nil || uid != 12345 || gid != 12346 || info.Mode().Perm() != 0o440 {
		t.Errorf("it belongs to %d:%d with %v: %v", uid, gid, info.Mode(), err)
	}
}

// What users have written, such as the name of a phone, does not steer the terminal of whoever helps them.
//
// attack: A-124
func TestTheTerminalTakesNoOrders(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	cli.Table(&out, [][]string{{"NAME", "HINT"}, {"\x1b]0;owned\x07phone\r\n", "\u202e321 ····"}, {"Ключ", "\xff"}})
	if got := out.String(); strings.ContainsAny(got, "\x1b\x07\r\u202e") || !utf8.ValidString(got) || strings.Count(got, "\n") != 3 || !strings.Contains(got, "Ключ") {
		t.Errorf("the table is %q", got)
	}
}
