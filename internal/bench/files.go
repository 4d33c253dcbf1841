package main

import (
	"bufio"
	"encoding/csv"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"strconv"
)

// write reports the results: tables for people, a line per measurement for programs, and a picture.
func (o outputs) write(out io.Writer, p plan, results []result) error {
	list := pairs(p, results)
	writeTables(out, list)
	writeSides(out, p, results)
	return errors.Join(
		create(o.csv, func(w io.Writer) error { return writeCSV(w, results) }),
		create(o.markdown, func(w io.Writer) error {
			writeTables(w, list)
			writeSides(w, p, results)
			return nil
		}),
		create(o.svg, func(w io.Writer) error { return draw(w, p, list) }),
	)
}

// create writes a file, if it has a name.
func create(name string, write func(io.Writer) error) error {
	if name == "" {
		return nil
	}
	f, err := os.Create(filepath.Clean(name))
	if err != nil {
		return err
	}
	w := bufio.NewWriter(f)
	return errors.Join(write(w), w.Flush(), f.Close())
}

func writeCSV(out io.Writer, results []result) error {
	w := csv.NewWriter(out)
	rows := [][]string{{
		"round", "people", "kind", "answers", "client", "callers", "side", "logins", "seconds", "logins_per_second", "p50_us", "p99_us",
		"cpu_own_s", "cpu_redis_s", "cpu_postgres_s", "allocs_per_login", "bytes_per_login",
	}}
	for _, r := range results {
		number := func(v float64) string { return strconv.FormatFloat(v, 'f', 3, 64) }
		rows = append(rows, []string{
			strconv.Itoa(r.round), strconv.Itoa(r.enrolled), r.kind, r.answers(), r.client, strconv.Itoa(r.callers), r.side,
			strconv.Itoa(r.logins), number(r.elapsed.Seconds()), number(r.rate()),
			strconv.FormatInt(r.p50.Microseconds(), 10), strconv.FormatInt(r.p99.Microseconds(), 10),
			number(r.cpu.own.Seconds()), number(r.cpu.redis.Seconds()), number(r.cpu.postgres.Seconds()),
			number(float64(r.allocs) / float64(r.logins)), number(float64(r.size) / float64(r.logins)),
		})
	}
	return w.WriteAll(rows)
}

// profile starts the profiles of this process, and returns what ends them. Rates are lower meanwhile.
func profile(folder string) (stop func() error, err error) {
	if folder == "" {
		return func() error { return nil }, nil
	}
	if err := os.MkdirAll(folder, 0o750); err != nil {
		return nil, err
	}
	cpu, err := os.Create(filepath.Join(filepath.Clean(folder), "cpu.pprof"))
	if err != nil {
		return nil, err
	}
	runtime.MemProfileRate = 16 << 10
	if err := pprof.StartCPUProfile(cpu); err != nil {
		return nil, errors.Join(err, cpu.Close())
	}
	return func() error {
		pprof.StopCPUProfile()
		return errors.Join(cpu.Close(), create(filepath.Join(folder, "allocs.pprof"), func(w io.Writer) error {
			return pprof.Lookup("allocs").WriteTo(w, 0)
		}))
	}, nil
}
