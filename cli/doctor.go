package cli

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/cofactor-mfa/cofactor/config"
)

type doctorCommand struct {
	URL   string `placeholder:"URL" help:"Where browsers find the pages. They are fetched, and compared with the configuration."`
	Clock string `placeholder:"URL" help:"A web server whose clock is right. By default the one that serves the pages."`
	configFlags
}

// Help says what is asked.
func (doctorCommand) Help() string {
	return "It asks the challenge store and the database whether they may be trusted, the mail server and the SMS service whether they take the credentials, another clock for the " +
		"time, and the first rows whether the keys open them. Nothing is sent to anybody, and nothing is changed. It ends with 1 if a check fails; a warning is no failure."
}

// How a check ends.
const (
	fine    = "ok"
	warning = "warn"
	failed  = "fail"
)

// finding is what a check has found.
type finding struct {
	Check  string `json:"check"`
	Status string `json:"status"`
	Text   string `json:"text"`
	Fix    string `json:"fix,omitempty"` // what to do
}

// findings are those of all checks.
type findings struct {
	OK     bool      `json:"ok"`
	Checks []finding `json:"checks"`
}

func (f findings) print(p *page) {
	for _, one := range f.Checks {
		colour := map[string]colour{fine: green, warning: yellow, failed: red}[one.Status]
		p.line("%s  %s: %s", p.in(colour, fmt.Sprintf("%-4s", one.Status)), clean(one.Check), clean(one.Text))
		if one.Fix != "" {
			p.line("      fix: %s", clean(one.Fix))
		}
	}
}

// checkTime is how long one check may take.
const checkTime = 15 * time.Second

// examination is one run of the doctor.
type examination struct {
	cfg     *config.Config
	program config.Program
	doctorCommand
	found  findings
	stores bool // both can be used
	memory bool // and nothing is kept
}

// Run examines a deployment.
func (c doctorCommand) Run(ctx context.Context, s *session) error {
	cfg, err := c.load(s) //nolint:contextcheck // It reads files, and waits for nobody.
	if err != nil {
		return err
	}
	x := &examination{cfg: cfg, program: config.Program{Logger: slog.New(slog.DiscardHandler), Terminal: s.err}, doctorCommand: c, stores: true}
	x.found.OK = true
	steps := []func(context.Context){x.configuration, x.challenges, x.database, x.senders, x.clock, x.pages, x.keys}
	told := &page{w: s.out, coloured: s.coloured}
	for _, step := range steps {
		before := len(x.found.Checks)
		step(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if !s.json { // People see each as it comes: some wait for servers that do not answer.
			findings{Checks: x.found.Checks[before:]}.print(told)
		}
	}
	if s.json {
		if err := s.show(x.found); err != nil {
			return err
		}
	}
	if told.failed != nil {
		return told.failed
	}
	if !x.found.OK {
		return errNo
	}
	return nil
}

func (x *examination) add(check, status, text, fix string) {
	x.found.Checks = append(x.found.Checks, finding{Check: check, Status: status, Text: oneLine(text), Fix: fix})
	x.found.OK = x.found.OK && status != failed
}

// oneLine is what somebody else has said, in one line.
func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// limited gives a check its time.
func limited(ctx context.Context, do func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, checkTime)
	defer cancel()
	return do(ctx)
}

// configuration repeats what should be mended.
func (x *examination) configuration(context.Context) {
	warnings := x.cfg.Warnings().List
	if len(warnings) == 0 {
		x.add("configuration", fine, "no mistake that can be found without a network", "")
	}
	for _, w := range warnings {
		x.add("configuration: "+w.Path, warning, w.Message, w.Hint)
	}
}
