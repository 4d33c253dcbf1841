package faults_test

import (
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// process is a server that a test has started. It dies with the test.
type process struct {
	cmd  *exec.Cmd
	log  string
	done chan struct{}
}

// launch starts a program in a folder. As root, asUser names the user it runs as.
func launch(t testing.TB, folder, asUser, program string, args ...string) *process {
	t.Helper()
	log := filepath.Join(folder, fmt.Sprintf("%s.%d.log", filepath.Base(program), time.Now().UnixNano()))
	out, err := os.Create(log)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = out.Close() }()
	cmd := exec.Command(program, args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = folder, out, out
	cmd.Env = append(os.Environ(), "LC_ALL=C.UTF-8")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL, Credential: credential(t, asUser)}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p := &process{cmd: cmd, log: log, done: make(chan struct{})}
	go p.reap()
	t.Cleanup(p.kill)
	return p
}

// reap runs as long as the process, which may outlive the test that restarted it.
func (p *process) reap() {
	_ = p.cmd.Wait()
	close(p.done)
}

// credential is another user's, if we are root and it matters.
func credential(t testing.TB, name string) *syscall.Credential {
	t.Helper()
	if name == "" || os.Getuid() != 0 {
		return nil
	}
	u, err := user.Lookup(name)
	if err != nil {
		t.Fatal(err)
	}
	uid, _ := strconv.ParseUint(u.Uid, 10, 32)
	gid, _ := strconv.ParseUint(u.Gid, 10, 32)
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
}

// own gives a folder to the user that a server runs as.
func own(t testing.TB, folder, name string) {
	t.Helper()
	if c := credential(t, name); c != nil {
		if err := os.Chown(folder, int(c.Uid), int(c.Gid)); err != nil {
			t.Fatal(err)
		}
	}
}

// signal reaches the process and what it has started: PostgreSQL is a process per connection, each in a group of its own.
func (p *process) signal(s syscall.Signal) {
	pid := p.cmd.Process.Pid
	pids := []int{pid}
	children, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	for _, c := range strings.Fields(string(children)) {
		if n, err := strconv.Atoi(c); err == nil {
			pids = append(pids, n)
		}
	}
	for _, pid := range pids {
		_ = syscall.Kill(pid, s)
	}
}

// kill ends the process as a power cut does, and waits until it is gone.
func (p *process) kill() {
	if p.gone() {
		return
	}
	p.signal(syscall.SIGKILL)
	<-p.done
}

// terminate asks the process to end in its own time.
func (p *process) terminate() { _ = syscall.Kill(p.cmd.Process.Pid, syscall.SIGTERM) }

func (p *process) pause()  { p.signal(syscall.SIGSTOP) }
func (p *process) resume() { p.signal(syscall.SIGCONT) }

func (p *process) gone() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// succeeded waits for a program that ends by itself.
func (p *process) succeeded() bool {
	<-p.done
	return p.cmd.ProcessState.Success()
}

// killSelf ends the program as a power cut does: no deferred call runs, and nothing is flushed.
func killSelf() {
	_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	select {}
}
