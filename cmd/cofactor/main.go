// Command cofactor tries, sets up and looks after multi-factor authentication.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"
)

// commands is what cofactor can do.
type commands struct {
	Demo    demoCommand    `cmd:"" help:"Try it in a browser: a website of your own, with passkeys, authenticator apps, codes by message and more."`
	Version versionCommand `cmd:"" help:"Print the version."`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "cofactor:", strings.Join(strings.Fields(err.Error()), " ")) // one line, whoever has written it
		os.Exit(1)
	}
}

// run carries out one command. If help is asked for, kong shows it and ends the program.
func run(ctx context.Context, args []string, out io.Writer) error {
	parser, err := kong.New(&commands{},
		kong.Name("cofactor"),
		kong.Description("Multi-factor authentication for Go programs."),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.BindTo(out, (*io.Writer)(nil)),
	)
	if err != nil {
		return err
	}
	command, err := parser.Parse(args)
	if err != nil {
		return fmt.Errorf("%w; cofactor --help shows what there is", err)
	}
	return command.Run()
}
