//go:build !linux

package faults_test

import "testing"

// process controls servers by signals and /proc, as Linux has them.
type process struct{ log string }

func launch(t testing.TB, _, _, _ string, _ ...string) *process {
	t.Helper()
	t.Skip("needs Linux, to break its servers")
	return nil
}

func own(testing.TB, string, string) {}

func (p *process) terminate() {}
func (p *process) kill()      {}
func (p *process) pause()     {}
func (p *process) resume()    {}
func (p *process) gone() bool { return true }

func (p *process) succeeded() bool { return false }

func killSelf() {}
