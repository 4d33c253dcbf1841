// Command mutants breaks the guards of the module one at a time and checks that a test notices each:
//
//	make mutants
//	make mutants ONLY='^keyset|budget'
//
// A guard that can be removed without a failing test is not guarded by the tests. The working tree is never touched: go test gets the
// broken file by -overlay.
//
// The tables are in the files named after the packages. A mutant says in words what would be broken, so that the name of a
// survivor is a bug report.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"regexp"
	"slices"
	"sync"
	"time"
)

func main() {
	only := flag.String("only", "", "break only what `regexp` matches, of file and words")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	chosen, err := choose(*only)
	if err == nil {
		err = run(ctx, os.Stdout, chosen)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "mutants:", err)
		os.Exit(1)
	}
}

// all is every mutant there is.
func all() []mutant {
	return slices.Concat(providers(), sentcodes(), challenges(), keysets(), factors(), redisstores(), registries(), lifecycles(), webauthns(), policies(), audits(), website(), textMessages(), catalogues(), testKits(), operations(), httpAPI(), pages(), commands(), configurations())
}

func choose(only string) ([]mutant, error) {
	wanted, err := regexp.Compile(only)
	if err != nil {
		return nil, err
	}
	chosen := slices.DeleteFunc(all(), func(m mutant) bool { return !wanted.MatchString(m.file + ": " + m.breaks) })
	if len(chosen) == 0 {
		return nil, errors.New("no mutant has such a name")
	}
	return chosen, nil
}

func run(ctx context.Context, out io.Writer, chosen []mutant) error {
	var stale []error
	for _, m := range chosen {
		if _, err := m.apply(); err != nil {
			stale = append(stale, err)
		}
	}
	if err := errors.Join(stale...); err != nil {
		return err
	}
	fmt.Fprintf(out, "%d mutants; first the tests as they are\n", len(chosen))
	if err := baseline(ctx, chosen); err != nil {
		return err
	}
	return judge(out, try(ctx, out, chosen))
}

// try breaks the chosen guards, two at a time, and prints each verdict as it comes.
func try(ctx context.Context, out io.Writer, chosen []mutant) []verdict {
	verdicts := make([]verdict, len(chosen))
	var printing sync.Mutex
	var running sync.WaitGroup
	slots := make(chan struct{}, 2)
	for i, m := range chosen {
		slots <- struct{}{}
		running.Go(func() {
			defer func() { <-slots }()
			began := time.Now()
			verdicts[i] = m.try(ctx)
			printing.Lock()
			defer printing.Unlock()
			fmt.Fprintf(out, "%-12s %5.1fs  %s: %s\n", verdicts[i].outcome, time.Since(began).Seconds(), m.file, m.breaks)
		})
	}
	running.Wait()
	return verdicts
}

// judge says what is left to do.
func judge(out io.Writer, verdicts []verdict) error {
	var left []error
	for _, v := range verdicts {
		switch v.outcome {
		case killed:
		case survived:
			left = append(left, fmt.Errorf("no test notices that %s (%s)", v.breaks, v.file))
		default:
			left = append(left, fmt.Errorf("%s: %s: %s\n%s", v.file, v.breaks, v.outcome, v.detail))
		}
	}
	fmt.Fprintf(out, "\n%d of %d noticed\n", len(verdicts)-len(left), len(verdicts))
	return errors.Join(left...)
}
