// Package cli is the command cofactor: it tries, sets up and looks after multi-factor authentication.
//
// A command of your own, with kinds of factors of your own beside those that are built in, is one line:
//
//	func main() { os.Exit(cli.Main(acme.Factory())) }
//
// What a command was asked for goes to standard output, and everything else to standard error. The exit status says how it went: Done, No, Misused or
// Interrupted. No secret is printed, unless it is what the command is for.
package cli

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"slices"
	"syscall"

	"github.com/alecthomas/kong"

	"github.com/cofactor-mfa/cofactor/config"
)

// What the program ends with.
const (
	Done        = 0   // it was done, or the answer is yes
	No          = 1   // it could not be done, or the answer is no
	Misused     = 2   // the command line makes no sense, or a file that it names cannot be read; nothing was begun
	Interrupted = 130 // Ctrl-C, or a request to end, came before it was done; what was done until then is good
)

// commands is what cofactor can do.
type commands struct {
	JSON bool `help:"Print the result as JSON, for other programs."`

	Demo       demoCommand       `cmd:"" help:"Try it in a browser: a website of your own, with passkeys, authenticator apps, codes by message and more."`
	Doctor     doctorCommand     `cmd:"" help:"Examine a deployment: stores, senders, clock, origins, keys. Each check says what to do."`
	Config     configCommands    `cmd:"" help:"The configuration of a deployment: begin one, check it, look at it."`
	Keys       keysCommands      `cmd:"" help:"The keys that seal what is stored: make and rotate them."`
	Migrate    migrateCommands   `cmd:"" help:"The tables that factors are kept in: make them, and look at them."`
	SendTest   sendTestCommand   `cmd:"" name:"send-test" help:"Send one message, to see whether it arrives and what it looks like."`
	UI         uiCommands        `cmd:"" name:"ui" help:"The pages that people sign in with: look at them."`
	New        newCommands       `cmd:"" help:"Write the beginning of something of your own."`
	User       userCommands      `cmd:"" help:"Help users: look at an account, unlock it, issue a recovery code, reset it."`
	Completion completionCommand `cmd:"" help:"Print what makes a shell complete commands: source <(cofactor completion bash)."`
	Complete   completeCommand   `cmd:"" hidden:"" passthrough:"" name:"__complete" help:"What the shells ask."`
	Reference  referenceCommand  `cmd:"" hidden:"" name:"__reference" help:"Print docs/reference/cli.md."`
	Version    versionCommand    `cmd:"" help:"Print the version."`
}

// Main carries out the command that the arguments of this process name, and returns what the process should end with. The factories are of kinds of factors that
// are not built in.
func Main(factories ...config.Factory) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	s := newSession(os.Stdin, os.Stdout, os.Stderr)
	s.factories = factories
	return s.run(ctx, os.Args[1:])
}

// parser reads command lines into c.
func parser(s *session, c *commands) (*kong.Kong, error) {
	return kong.New(c,
		kong.Name("cofactor"),
		kong.Description("Multi-factor authentication for Go programs."),
		kong.UsageOnError(),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100, NoExpandSubcommands: true}),
		kong.Writers(s.out, s.err),
		kong.Bind(s),
	)
}

// run carries out one command. If help is asked for, kong shows it and ends the process.
func (s *session) run(ctx context.Context, args []string) int {
	var c commands
	p, err := parser(s, &c)
	if err != nil {
		return s.end(ctx, err)
	}
	if len(args) == 0 {
		return s.end(ctx, misused(errors.New("say what to do; cofactor --help shows what there is")))
	}
	command, err := p.Parse(args)
	s.json = c.JSON || err != nil && slices.Contains(args, "--json")
	if err != nil {
		return s.end(ctx, misused(hinted(command, err)))
	}
	command.BindTo(ctx, (*context.Context)(nil))
	return s.end(ctx, command.Run())
}
