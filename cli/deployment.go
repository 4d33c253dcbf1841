package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/cofactor-mfa/cofactor/config"
	"github.com/cofactor-mfa/cofactor/registry"
)

// configFlags name a configuration.
type configFlags struct {
	Config []string `short:"c" env:"COFACTOR_CONFIG" placeholder:"FILE" help:"Configuration. Several are read in order, and the later one wins. By default cofactor.yaml, if it is there."`
}

const configFile = "cofactor.yaml"

// source is where the configuration is.
func (f configFlags) source() (config.Source, error) {
	src := config.Source{Files: f.Config, Environ: os.Environ()}
	if len(src.Files) > 0 {
		return src, nil
	}
	if _, err := os.Stat(configFile); err == nil {
		src.Files = []string{configFile}
		return src, nil
	}
	for _, variable := range src.Environ {
		if strings.HasPrefix(variable, "COFACTOR__") {
			return src, nil
		}
	}
	return src, misused(errors.New("there is no " + configFile + " here: name another by --config, or begin with cofactor config init"))
}

// load reads the configuration. Its mistakes are told, and are a no.
func (f configFlags) load(s *session) (*config.Config, error) {
	src, err := f.source()
	if err != nil {
		return nil, err
	}
	c, err := config.Load(src, s.factories...)
	var problems *config.Problems
	switch {
	case !errors.As(err, &problems):
		return c, err
	case unread(problems):
		return nil, misused(err)
	case s.json:
		return nil, err
	}
	if err := problems.Write(s.err); err != nil {
		return nil, err
	}
	return nil, errNo
}

// unread says that a file of the configuration itself cannot be read, so that nothing is known of what is in it.
func unread(p *config.Problems) bool {
	whole := func(one config.Problem) bool { return one.Line == 0 && one.Path == "" }
	return (errors.Is(p, fs.ErrNotExist) || errors.Is(p, fs.ErrPermission)) && slices.ContainsFunc(p.List, whole)
}

// deployment is a configuration in use, for an operator.
type deployment struct {
	*config.Deployment
	config *config.Config
	events *events
}

// open connects to everything that the configuration names. What only the program itself can see is no use to anybody else.
func (f configFlags) open(ctx context.Context, s *session, a auditFlags) (*deployment, error) {
	c, err := f.load(s) //nolint:contextcheck // It reads files, and waits for nobody.
	if err != nil {
		return nil, err
	}
	heard, err := a.listen()
	if err != nil {
		return nil, err
	}
	logger := slog.New(slog.NewTextHandler(s.err, &slog.HandlerOptions{Level: slog.LevelWarn}))
	d, err := c.Open(ctx, config.Program{Observe: heard.observe, Logger: logger, Terminal: s.err})
	if err != nil {
		return nil, errors.Join(err, heard.close())
	}
	opened := &deployment{Deployment: d, config: c, events: heard}
	if d.Factors().DB == nil {
		return nil, errors.Join(errors.New("factors.store is memory, which nobody sees but the program that has it"), opened.close(ctx))
	}
	return opened, nil
}

// close delivers what users are still to be told, and ends the connections.
func (d *deployment) close(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastWords)
	defer cancel()
	return errors.Join(d.Close(ctx), d.events.close())
}

// auditFlags say where events go.
type auditFlags struct {
	Audit string `type:"path" env:"COFACTOR_AUDIT" placeholder:"FILE" help:"File to add what was done to, by whom and why: an event a line, as JSON. Changes are in the outbox as well."`
}

// events are what the registry says of what happens, for the audit and for whoever wants to know why something failed.
type events struct {
	mu     sync.Mutex
	file   *os.File
	failed error
	last   registry.Event // the last one that was no success
}

func (a auditFlags) listen() (*events, error) {
	if a.Audit == "" {
		return &events{}, nil
	}
	f, err := os.OpenFile(a.Audit, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, misused(fmt.Errorf("--audit: %w", err))
	}
	return &events{file: f}, nil
}

func (e *events) observe(_ context.Context, event registry.Event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if event.Result != "ok" {
		e.last = event
	}
	if e.file == nil {
		return
	}
	b, err := json.Marshal(event)
	if err == nil {
		_, err = e.file.Write(append(b, '\n'))
	}
	e.failed = errors.Join(e.failed, err)
}

// close says whether all of it was written.
func (e *events) close() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.file == nil {
		return nil
	}
	if err := errors.Join(e.failed, e.file.Sync(), e.file.Close()); err != nil {
		return fmt.Errorf("--audit: what was done could not be written down: %w", err)
	}
	return nil
}

// explain tells an operator what the registry keeps from users: why.
func (e *events) explain(err error) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	var refused *registry.Error
	if !errors.As(err, &refused) || e.last.Op != refused.Op || e.last.Reason == "" {
		return err
	}
	return fmt.Errorf("%w (%s)", err, e.last.Reason)
}
