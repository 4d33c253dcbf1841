package faults_test

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/cofactor-mfa/cofactor/internal/testenv"
)

// pgServer is a PostgreSQL that a test may kill: a server of its own, which writes to disk as in production.
type pgServer struct {
	t              testing.TB
	folder, binary string
	proc           *process
	addr           string
}

const pgUser = "postgres"

// startPostgres needs a folder that another user can reach, so it is not the test's.
func startPostgres(t testing.TB) *pgServer {
	t.Helper()
	folder, err := os.MkdirTemp("", "cofactor-faults")
	if err != nil {
		t.Fatal(err)
	}
	s := &pgServer{t: t, folder: folder, binary: pgBinaries(t)}
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	if err := os.Chmod(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	own(t, folder, pgUser)
	initdb := launch(t, folder, pgUser, filepath.Join(s.binary, "initdb"), "-A", "trust", "-U", pgUser, "-D", "data", "--no-sync")
	if !initdb.succeeded() {
		out, _ := os.ReadFile(initdb.log)
		t.Fatalf("initdb failed:\n%s", out)
	}
	s.start()
	return s
}

// pgBinaries is the folder of the newest server programs: Debian has them outside of PATH.
func pgBinaries(t testing.TB) string {
	t.Helper()
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	if len(found) > 0 {
		slices.Sort(found)
		return filepath.Dir(found[len(found)-1])
	}
	return filepath.Dir(testenv.Tool(t, "postgres"))
}

// start brings the server up on the data there is, which may be what a killed one has left.
func (s *pgServer) start() {
	s.t.Helper()
	s.proc, s.addr = started(s.t, func(port int) *process {
		return launch(s.t, s.folder, pgUser, filepath.Join(s.binary, "postgres"), "-D", "data", "-p", strconv.Itoa(port), "-k", s.folder,
			"-c", "listen_addresses=127.0.0.1", "-c", "shared_buffers=32MB")
	}, func(ctx context.Context, addr string) error {
		conn, err := pgx.Connect(ctx, pgURL(addr, "postgres"))
		if err != nil {
			return err
		}
		return conn.Close(ctx)
	})
}

func (s *pgServer) restart() {
	s.t.Helper()
	s.proc.kill()
	s.start()
}

func pgURL(addr, database string) string {
	return "postgres://" + pgUser + "@" + addr + "/" + database + "?sslmode=disable"
}

// addrOf is the address in a URL.
func addrOf(t testing.TB, url string) string {
	t.Helper()
	cfg, err := pgx.ParseConfig(url)
	if err != nil {
		t.Fatal(err)
	}
	return net.JoinHostPort(cfg.Host, strconv.Itoa(int(cfg.Port)))
}
