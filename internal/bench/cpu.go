package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// cpuTimes is how much of the processors was used, by whom.
type cpuTimes struct {
	own, redis, postgres time.Duration
	servers              bool // whether the servers' are known
}

func (c cpuTimes) minus(before cpuTimes) cpuTimes {
	return cpuTimes{c.own - before.own, c.redis - before.redis, c.postgres - before.postgres, c.servers && before.servers}
}

func (c cpuTimes) total() time.Duration { return c.own + c.redis + c.postgres }

// meter reads the processor time of this process and of the servers, if they run on this machine. A server's is in ticks of 10 ms.
type meter struct {
	redis, postgres int // 0 if not known
}

func (m *meter) read() cpuTimes {
	var u syscall.Rusage
	var c cpuTimes
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err == nil {
		c.own = time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	if m.redis == 0 || m.postgres == 0 {
		return c
	}
	redis, ok := process(m.redis)
	if !ok {
		return c
	}
	c.redis = redis.ticks
	c.postgres, c.servers = family(m.postgres)
	return c
}

// family is the time of PostgreSQL: its first process, those that it has started, and those that have ended since.
func family(postmaster int) (total time.Duration, ok bool) {
	folders, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		return 0, false
	}
	for _, f := range folders {
		pid, err := strconv.Atoi(filepath.Base(f))
		if err != nil {
			continue
		}
		p, alive := process(pid)
		switch {
		case alive && pid == postmaster:
			total += p.ticks + p.ended
			ok = true
		case alive && p.parent == postmaster:
			total += p.ticks
		}
	}
	return total, ok
}

// stat is what /proc says of a process.
type stat struct {
	name         string
	parent       int
	ticks, ended time.Duration // its own time, and that of children that it has outlived
}

func process(pid int) (stat, bool) {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return stat{}, false
	}
	name, rest, ok := cutName(raw)
	fields := strings.Fields(rest)
	if !ok || len(fields) < 15 {
		return stat{}, false
	}
	number := func(i int) int {
		n, err := strconv.Atoi(fields[i])
		ok = ok && err == nil
		return n
	}
	const tick = 10 * time.Millisecond // USER_HZ is 100 on every Linux that Go runs on.
	s := stat{
		name: name, parent: number(1),
		ticks: time.Duration(number(11)+number(12)) * tick,
		ended: time.Duration(number(13)+number(14)) * tick,
	}
	return s, ok
}

// cutName parts "1 (name) S 0 ...": a name may hold spaces and parentheses.
func cutName(stat []byte) (name, rest string, ok bool) {
	from, to := bytes.IndexByte(stat, '('), bytes.LastIndexByte(stat, ')')
	if from < 0 || to < from {
		return "", "", false
	}
	return string(stat[from+1 : to]), string(stat[to+1:]), true
}
