// Command bench measures how much of the speed of a login written by hand is left when the login is cofactor's:
//
//	make bench                                         # minutes
//	make bench BENCH='-full -csv all.csv -svg all.svg' # every size, both Redis clients; a quarter of an hour
//	make bench BENCH='-sides registry -kinds totp -callers 16 -profile profile'
//
// The floor makes the round trips that a correct login needs, and nothing else: see floor.go; and web_floor.go for the same behind HTTP. Floor and registry take turns in
// one process, round by round, over the same servers, so that a busy machine slows down both; what counts is their ratio.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) (err error) {
	p, files, err := parse(args)
	if err != nil {
		return err
	}
	s, err := openServers(ctx, p, out)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close(context.WithoutCancel(ctx))) }()

	stop, err := profile(files.profile)
	if err != nil {
		return err
	}
	results, err := measureAll(ctx, s, p, s.meter, out)
	if err := errors.Join(err, stop()); err != nil {
		return err
	}
	return files.write(out, p, results)
}

// outputs are the files that a run leaves behind; "" for none.
type outputs struct{ csv, svg, markdown, profile string }

func parse(args []string) (plan, outputs, error) {
	p, files := quick(), outputs{}
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	full := flags.Bool("full", false, "100, 10,000 and 1,000,000 users, and both Redis clients")
	flags.Var((*numbers)(&p.enrolled), "users", "how many people are enrolled: a `list`; each number has a database of its own")
	flags.Var((*numbers)(&p.callers), "callers", "how many sign in at the same time: a `list`, as below")
	flags.Var((*words)(&p.kinds), "kinds", "`list` of factors: totp, backup, pager")
	flags.Var((*words)(&p.clients), "clients", "`list` of Redis clients: plain, autopipeline")
	flags.Var((*words)(&p.sides), "sides", "`list` of what to run: floor, direct (the floor without database/sql), stores (without the registry), registry, http-floor, http")
	flags.IntVar(&p.rounds, "rounds", p.rounds, "how often each is measured; medians are reported")
	flags.DurationVar(&p.length, "time", p.length, "how long each is measured, each time")
	flags.StringVar(&files.csv, "csv", "", "write every measurement to this `file`")
	flags.StringVar(&files.svg, "svg", "", "draw the rates into this `file`")
	flags.StringVar(&files.markdown, "markdown", "", "write the tables to this `file`")
	flags.StringVar(&files.profile, "profile", "", "write cpu.pprof and allocs.pprof into this `folder`")
	flags.BoolFunc("right", "leave the wrong answers out", func(string) error { p.wrong = false; return nil })
	if err := flags.Parse(args); err != nil {
		return plan{}, outputs{}, err
	}
	if *full {
		given := map[string]bool{}
		flags.Visit(func(f *flag.Flag) { given[f.Name] = true })
		if !given["users"] {
			p.enrolled = []int{100, 10_000, 1_000_000}
		}
		if !given["clients"] {
			p.clients = []string{plainClient, autoPipeline}
		}
	}
	return p, files, p.validate(flags.Args())
}

// quick is what a run without flags does: it takes a few minutes.
func quick() plan {
	return plan{
		enrolled: []int{10_000},
		callers:  []int{1, 16, 64},
		kinds:    []string{totpKind, backupKind, pagerKind},
		clients:  []string{plainClient},
		sides:    []string{floorSide, registrySide, webFloorSide, webSide},
		rounds:   3,
		length:   time.Second,
		wrong:    true,
	}
}
