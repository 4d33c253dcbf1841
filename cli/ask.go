package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
)

// ask puts a question and returns the line that is typed, without spaces around it.
func (s *session) ask(ctx context.Context, question string) (string, error) {
	fmt.Fprint(s.err, question)
	type answer struct {
		line string
		err  error
	}
	got := make(chan answer, 1)
	go func() { // It may wait for a line that never comes; it then ends with the process.
		line, err := s.in.ReadString('\n')
		if errors.Is(err, io.EOF) && line != "" {
			err = nil
		}
		got <- answer{strings.TrimSpace(line), err}
	}()
	select {
	case <-ctx.Done():
		s.say("")
		return "", ctx.Err()
	case a := <-got:
		if !s.asks { // nobody has typed the end of the line
			s.say("")
		}
		if errors.Is(a.err, io.EOF) {
			return "", misused(errors.New("the answer is read from standard input, and there is none"))
		}
		return a.line, a.err
	}
}

// confirmation is what a destructive command takes.
type confirmation struct {
	Yes bool `help:"Do not ask. For scripts."`
}

// possible says whether somebody has confirmed, or is there to be asked.
func (c confirmation) possible(s *session) error {
	if c.Yes || s.asks {
		return nil
	}
	return misused(errors.New("this cannot be undone, and nobody is there to confirm it: say --yes if it is meant"))
}

// confirm has somebody type a word before something that cannot be undone. Where nobody is there to type it, --yes has to be said.
func (c confirmation) confirm(ctx context.Context, s *session, warning, word string) error {
	if err := c.possible(s); err != nil || c.Yes {
		return err
	}
	s.say("%s", warning)
	typed, err := s.ask(ctx, fmt.Sprintf("Type %s to go on: ", word))
	if err != nil {
		return err
	}
	if typed != word {
		return errors.New("not confirmed: nothing was done")
	}
	return nil
}
