package cli

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/cofactor-mfa/cofactor/keyset"
)

const keysFile = "keyset.json"

// keysIn loads the keys of a folder, and makes some for a folder that is new. If there is already data that keys have sealed, other keys would not
// open it, so none are made up.
func keysIn(dir, data string) (*keyset.Keyset, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	path := filepath.Join(dir, keysFile)
	stored, err := os.ReadFile(path) //nolint:gosec // the folder is the user's choice
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Stat(data); err == nil {
			return nil, fmt.Errorf("%s is there, but not %s with its keys; without them nothing in it opens", data, path)
		}
		if stored, err = newKeys(path); err != nil {
			return nil, err
		}
	} else if err != nil {
		return nil, err
	}
	return keyset.New(keyset.Config{Keyset: stored})
}

// newKeys writes new keys, for the owner's eyes only. It never writes over others.
func newKeys(path string) (keyset.JSON, error) {
	keys, err := keyset.Generate(nil)
	if err != nil {
		return nil, err
	}
	return keys, writeNew(path, keys)
}

const pepperFile = "pepper"

// pepperIn loads what the digests of addresses in Redis are keyed with, or makes it for a folder that is new. Without a folder it lasts as long as the program.
func pepperIn(dir string) ([]byte, error) {
	pepper := make([]byte, 32)
	_, _ = rand.Read(pepper) // never fails: it ends the program instead
	if dir == "" {
		return pepper, nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	path := filepath.Join(dir, pepperFile)
	stored, err := os.ReadFile(path) //nolint:gosec // the folder is the user's choice
	if errors.Is(err, fs.ErrNotExist) {
		return pepper, writeNew(path, pepper)
	}
	return stored, err
}
