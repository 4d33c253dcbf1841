//go:build unix

package cli

import (
	"os"
	"syscall"
)

// like gives f the owner and the mode of the file at path.
func like(f *os.File, path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if s, ok := info.Sys().(*syscall.Stat_t); ok && (int(s.Uid) != os.Geteuid() || int(s.Gid) != os.Getegid()) {
		if err := f.Chown(int(s.Uid), int(s.Gid)); err != nil {
			return err
		}
	}
	return f.Chmod(info.Mode().Perm())
}
