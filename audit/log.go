package audit

import (
	"context"
	"errors"
	"log/slog"

	"github.com/cofactor-mfa/cofactor/registry"
)

// Log writes events with log/slog, one line each. Its keys do not change: id, at, op, result, and, if they are not empty, reason, signal, tenant, user, kind,
// factor, actor, notice and end_sessions. Of a person it has ids and nothing else: no client address, no user agent, and no note, in which an
// administrator may have written a name.
//
// As registry.Config.Observe it logs everything that happens. As the Sink of a relay it logs the events of changes, and loses none. A program
// that does both has those twice, with the same id.
type Log struct{ logger *slog.Logger }

var _ Sink = (*Log)(nil)

// NewLog writes to a logger, which is required.
func NewLog(logger *slog.Logger) (*Log, error) {
	if logger == nil {
		return nil, errors.New("audit: a logger is required")
	}
	return &Log{logger: logger}, nil
}

// Observe is for registry.Config.
func (l *Log) Observe(ctx context.Context, e registry.Event) {
	attrs := append(make([]slog.Attr, 0, 16), slog.String("id", e.ID), slog.Time("at", e.At), slog.String("op", e.Op), slog.String("result", e.Result))
	for _, a := range []slog.Attr{
		slog.String("reason", e.Reason), slog.String("signal", e.Signal), slog.String("tenant", e.Tenant), slog.String("user", e.User), slog.String("kind", e.Kind),
		slog.String("factor", e.Factor), slog.String("actor", e.Actor), slog.String("notice", e.Notice),
	} {
		if a.Value.String() != "" {
			attrs = append(attrs, a)
		}
	}
	if e.EndSessions {
		attrs = append(attrs, slog.Bool("end_sessions", true))
	}
	l.logger.LogAttrs(ctx, level(e), "cofactor", attrs...)
}

// Deliver implements Sink.
func (l *Log) Deliver(ctx context.Context, r Record) error {
	l.Observe(ctx, r.Event)
	return nil
}

// level is Error for what an operator must mend, Warn for what somebody should look at, and Info for the rest.
func level(e registry.Event) slog.Level {
	switch {
	case e.Result == string(registry.ErrInternal), e.Result == string(registry.ErrUnavailable), e.Result == "notice_lost":
		return slog.LevelError
	case e.Signal != "" && e.Signal != registry.SignalPartial:
		return slog.LevelWarn
	}
	return slog.LevelInfo
}
