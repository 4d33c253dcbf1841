package main

import (
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
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // the folder is the user's choice
	if err != nil {
		return nil, err
	}
	_, err = f.Write(keys)
	return keys, errors.Join(err, f.Close())
}
