package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/alecthomas/kong"
)

// What was to be said has been printed.
var (
	errNo     = errors.New("the answer is no")
	errUnread = errors.New("a file cannot be read")
)

// misuse is an error of whoever typed the command, before anything was begun.
type misuse struct{ error }

func (m misuse) Unwrap() error { return m.error }

func misused(err error) error { return misuse{err} }

// hinted adds where to read on to an error of the command line.
func hinted(at *kong.Context, err error) error {
	where := "cofactor"
	if at != nil && at.Selected() != nil {
		where = at.Selected().FullPath()
	}
	var parse *kong.ParseError
	if at == nil && errors.As(err, &parse) && parse.Context != nil && parse.Context.Selected() != nil {
		where = parse.Context.Selected().FullPath()
	}
	return fmt.Errorf("%w; %s --help shows what there is", err, where)
}

// end says what went wrong, in one line whoever has written it, and returns what the process ends with.
func (s *session) end(ctx context.Context, err error) int {
	status := No
	switch misuse := (misuse{}); {
	case err == nil:
		return Done
	case errors.Is(err, errNo):
		return No
	case errors.Is(err, errUnread):
		return Misused
	case errors.As(err, &misuse):
		status = Misused
	case ctx.Err() != nil && errors.Is(err, context.Canceled):
		status = Interrupted
	}
	line := strings.TrimPrefix(strings.Join(strings.Fields(err.Error()), " "), "cofactor: ")
	if s.json {
		e := json.NewEncoder(s.err)
		e.SetEscapeHTML(false)
		_ = e.Encode(map[string]string{"error": line}) // Nobody is left to be told that it failed.
	} else {
		fmt.Fprintln(s.err, "cofactor:", line)
	}
	return status
}
