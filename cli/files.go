package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// writeNew writes a file for the owner's eyes only. It never writes over another.
func writeNew(path string, b []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // the path is the user's choice
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	return errors.Join(err, f.Sync(), f.Close())
}

// change replaces what is in a file by what edit makes of it, in one step: whoever reads the file, also after a power cut, sees the old or the new, and whole. Owner
// and mode stay, or the program that reads it could not any more. The file beside it that is written first is also the lock: of two changes at once one is refused.
func change(path string, edit func(old []byte) ([]byte, error)) (err error) {
	if path, err = filepath.EvalSymlinks(path); err != nil {
		return misused(err)
	}
	next := path + ".next"
	f, err := os.OpenFile(next, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // the path is the user's choice
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s is there: somebody else is changing %s, or was interrupted; remove it if nobody is", next, path)
	}
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, f.Close(), os.Remove(next))
		}
	}()
	old, err := os.ReadFile(path)
	if err != nil {
		return misused(err)
	}
	b, err := edit(old)
	if err != nil {
		return err
	}
	if err := like(f, path); err != nil {
		return fmt.Errorf("the new %s would not be readable for whoever reads the old one: %w", path, err)
	}
	if _, err := f.Write(b); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := os.Rename(next, path); err != nil {
		return err
	}
	_ = f.Close() // It is written, and on the disk.
	syncFolder(filepath.Dir(path))
	return nil
}

// syncFolder has a renamed file stay renamed after a power cut, where that can be said: Windows cannot.
func syncFolder(path string) {
	if d, err := os.Open(path); err == nil { //nolint:gosec // the path is the user's choice
		_ = d.Sync()
		_ = d.Close()
	}
}
