// Package terminal prints messages instead of sending them, so that a program can be developed without a mail server and without a telephone.
//
// It is for development: whoever reads the terminal can sign in as anybody. New refuses without Config.Development.
package terminal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
)

// Message is what can be printed: email.Message, sms.Message, and what your own channel sends.
type Message interface{ Readable() string }

// Config is what a Sender is made from.
type Config struct {
	// Out is where messages go: os.Stderr. Required.
	Out io.Writer
	// Development says that nobody's account is at stake. Required: programs that serve people do not set it.
	Development bool
}

// Sender prints messages. It is safe for concurrent use.
type Sender[M Message] struct {
	mu  sync.Mutex
	out io.Writer
}

// New makes a Sender: terminal.New[email.Message](cfg) is an email.Sender, terminal.New[sms.Message](cfg) an sms.Sender.
func New[M Message](cfg Config) (*Sender[M], error) {
	var faults []error
	if cfg.Out == nil {
		faults = append(faults, errors.New("terminal: Config.Out is required"))
	}
	if !cfg.Development {
		faults = append(faults, errors.New("terminal: messages are printed, and their codes with them; that is for Config.Development only"))
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	return &Sender[M]{out: cfg.Out}, nil
}

// Send prints a message, each line behind a bar.
func (s *Sender[M]) Send(ctx context.Context, m M) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	var b strings.Builder
	b.WriteByte('\n')
	for line := range strings.SplitSeq(strings.TrimSpace(m.Readable()), "\n") {
		b.WriteString(strings.TrimRight("  │ "+line, " ") + "\n")
	}
	b.WriteByte('\n')
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := io.WriteString(s.out, b.String()); err != nil {
		return fmt.Errorf("terminal: %w", err)
	}
	return nil
}
