package demo

import "strings"

// Paths are the paths of all routes, whatever their method.
func (d *Demo) Paths() []string {
	var paths []string
	for _, r := range d.routes() {
		path := r.pattern[strings.IndexByte(r.pattern, '/'):]
		paths = append(paths, strings.TrimSuffix(path, "{$}"))
	}
	return paths
}

// Sessions is how many people have one, and what is begun in them.
func (d *Demo) Sessions() (n, begun int) {
	d.sessions.mu.Lock()
	defer d.sessions.mu.Unlock()
	for _, s := range d.sessions.byID {
		begun += len(s.begun)
	}
	return len(d.sessions.byID), begun
}
