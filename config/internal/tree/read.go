package tree

import (
	"errors"
	"io"
	"io/fs"
	"os"
)

// Read reads a file of the configuration.
func Read(path string) (*Node, []Fault) {
	text, fault := contents(path, maxBytes)
	if fault != nil {
		return nil, []Fault{*fault}
	}
	return Parse(path, text)
}

// maxSecret is how long a secret in a file of its own may be: a keyset of hundreds of keys.
const maxSecret = 256 << 10

// Secret reads a file that holds one value, and takes one line break off its end. open is how far others may look into the file. The path is not told by the
// fault: it may be the secret itself, put where the name of its file should be.
func Secret(path string) (text string, mode fs.FileMode, fault *Fault) {
	b, fault := contents(path, maxSecret)
	if fault != nil {
		fault.Pos = Pos{}
		return "", 0, fault
	}
	if info, err := os.Stat(path); err == nil {
		mode = info.Mode().Perm()
	}
	n := len(b)
	if n > 0 && b[n-1] == '\n' {
		n--
		if n > 0 && b[n-1] == '\r' {
			n--
		}
	}
	return string(b[:n]), mode, nil
}

// contents reads a whole file, unless it is larger than a limit.
func contents(path string, limit int64) ([]byte, *Fault) {
	bad := func(err error, message string) ([]byte, *Fault) {
		return nil, &Fault{Pos: Pos{File: path}, Message: message, Err: err}
	}
	f, err := os.Open(path) //nolint:gosec // the operator's choice
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return bad(fs.ErrNotExist, "does not exist")
	case errors.Is(err, fs.ErrPermission):
		return bad(fs.ErrPermission, "may not be read by this user")
	case err != nil: // The message of the operating system has the path.
		return bad(fs.ErrInvalid, "cannot be opened")
	}
	defer func() { _ = f.Close() }()
	if info, err := f.Stat(); err == nil && info.IsDir() {
		return bad(fs.ErrInvalid, "is a directory, not a file")
	}
	text, err := io.ReadAll(io.LimitReader(f, limit+1))
	switch {
	case err != nil:
		return bad(fs.ErrInvalid, "cannot be read to its end")
	case int64(len(text)) > limit:
		return bad(fs.ErrInvalid, "is larger than it can be meant to be")
	}
	return text, nil
}
