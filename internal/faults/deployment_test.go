package faults_test

import (
	"slices"
	"testing"
	"time"
)

// servers are what a deployment runs on: a Redis with a replica, and a database. Clients and the replica reach them through proxies.
type servers struct {
	t               testing.TB
	master, replica *redisServer
	toRedis         *proxy // from the registries
	toMaster        *proxy // from the replica
	sql             *pgServer
	toSQL           *proxy
	hist            *history // what operators do changes what the stores may say
}

// fault is something that breaks, and what makes it well again.
type fault struct {
	name         string
	strike, heal func()
	weak         bool // some calls get through
}

// networkFaults are what a network does to a server's clients.
func networkFaults(name string, p *proxy) []fault {
	var all []fault
	for _, is := range []struct {
		what string
		network
		weak bool
	}{
		{"is slow", network{delay: 50 * time.Millisecond}, true},
		{"slices", network{slice: true}, true},
		{"cuts some requests", network{cutBefore: 4}, true},
		{"cuts some replies", network{cutAfter: 4}, true},
		{"cuts all replies", network{cutAfter: 1}, false},
		{"swallows everything", network{hole: true}, false},
		{"resets all connections", network{reset: true}, false},
	} {
		strike, heal := func() { p.set(is.network) }, func() { p.set(network{}) }
		all = append(all, fault{"the network to " + name + " " + is.what, strike, heal, is.weak})
	}
	return all
}

// redisFaults are what happens to a Redis, and to the memory that the budgets live in.
func (s *servers) redisFaults() []fault {
	return append(networkFaults("Redis", s.toRedis),
		fault{"Redis is paused", func() { s.master.proc.pause() }, func() { s.master.proc.resume() }, false},
		fault{"Redis is full", func() { s.master.fill() }, func() { s.master.drain() }, false},
		fault{"Redis is a read-only replica", s.forbidWrites, func() { s.toRedis.point(s.master.addr) }, false},
		fault{"Redis has another password", s.lockOut, s.letIn, false},
		fault{"Redis is killed, and comes back empty", func() { s.lose(s.master.proc.kill) }, func() { s.lose(s.replaceMaster) }, false},
		fault{"Redis fails over to a replica that lags", s.cutReplica, s.failOver, true},
	)
}

// sqlFaults are what happens to a PostgreSQL.
func (s *servers) sqlFaults() []fault {
	return append(networkFaults("PostgreSQL", s.toSQL),
		fault{"PostgreSQL is paused", func() { s.sql.proc.pause() }, func() { s.sql.proc.resume() }, false},
		fault{"PostgreSQL is killed", func() { s.sql.proc.kill() }, func() { s.sql.restart(); s.toSQL.point(s.sql.addr) }, false},
	)
}

// settle ends all connections to Redis, and waits until it has done what it was asked on them. What has failed before cannot happen
// any more, then.
func (s *servers) settle() {
	s.hist.settled(storeCalls, func() {
		old := s.master.clients()
		s.toRedis.cut()
		until(s.t, "the end of old connections", func() bool {
			return !slices.ContainsFunc(s.master.clients(), func(id int64) bool { return slices.Contains(old, id) })
		})
	})
}

// operator notes for the model what was done to the server between two moments.
func (s *servers) operator(op string, called int64) {
	s.hist.add(storeCalls, len(s.t.Name()), called, storeCall{op: op}, storeReply{}, false)
}

// forbidWrites leads the clients to the replica, which knows all that the master does.
func (s *servers) forbidWrites() {
	s.toRedis.set(network{reset: true})
	s.master.replicated()
	s.toRedis.point(s.replica.addr)
	s.toRedis.set(network{})
}

// lockOut changes the password, also for connections that are open.
func (s *servers) lockOut() {
	s.master.set("requirepass", "another")
	s.toRedis.cut()
}

func (s *servers) letIn() { s.master.set("requirepass", redisPassword) }

// lose does something that costs the server its memory.
func (s *servers) lose(do func()) {
	called := s.hist.now()
	do()
	s.operator("lost", called)
}

func (s *servers) replaceMaster() {
	s.master.restart()
	s.toRedis.point(s.master.addr)
	s.toMaster.point(s.master.addr)
}

// cutReplica leaves the replica behind: it has everything up to now, and nothing from now on.
func (s *servers) cutReplica() {
	called := s.hist.now()
	s.master.replicated()
	s.toMaster.set(network{hole: true})
	s.operator("cut", called)
}

// failOver makes the replica the master, and the old master its empty replica.
func (s *servers) failOver() {
	called := s.hist.now()
	s.toRedis.set(network{reset: true}) // nothing that the old master still says arrives
	s.replica.promote()
	s.toRedis.point(s.replica.addr)
	s.toRedis.set(network{})
	s.operator("promoted", called)

	s.master, s.replica = s.replica, s.master
	s.replica.restart()
	s.toMaster.point(s.master.addr)
	s.toMaster.set(network{})
	s.replica.follow(s.toMaster.addr())
}

// startServers starts all of them. Without a database it is the caller's to find one.
func startServers(t testing.TB, seed uint64, hist *history, sql *pgServer) *servers {
	t.Helper()
	s := &servers{t: t, master: startRedis(t), replica: startRedis(t), sql: sql, hist: hist}
	s.toRedis, s.toMaster = newProxy(t, seed, s.master.addr), newProxy(t, seed, s.master.addr)
	s.replica.follow(s.toMaster.addr())
	if sql != nil {
		s.toSQL = newProxy(t, seed+1, sql.addr)
	}
	return s
}

// faults are all that can be broken here.
func (s *servers) faults() []fault {
	all := s.redisFaults()
	if s.sql != nil {
		all = append(all, s.sqlFaults()...)
	}
	return all
}

// deploy starts servers, and two replicas on them. Without a PostgreSQL the factors are in a file.
func deploy(t testing.TB, seed uint64, pg *pgServer) (*servers, *world, database) {
	t.Helper()
	hist := newHistory()
	s := startServers(t, seed, hist, pg)
	where := newFile(t)
	if pg != nil {
		where = newDatabase(t, pgURL(pg.addr, "postgres"), s.toSQL.addr())
	}
	var on [2]stores
	for i := range on {
		on[i].factors = where.open(t)
		on[i].challenges = openRedis(t, s.toRedis.addr())
	}
	return s, newWorld(t, hist, on), where
}
