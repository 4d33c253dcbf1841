package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"

	"github.com/cofactor-mfa/cofactor/catalogue"
	"github.com/cofactor-mfa/cofactor/internal/demo"
	"github.com/cofactor-mfa/cofactor/web"
)

type uiCommands struct {
	Preview previewCommand `cmd:"" help:"Show every page in every state and language, in a browser on this machine. Nothing on them does anything."`
}

type previewCommand struct {
	Port      int    `default:"8081" help:"Port on this machine. If it is in use, the next free one is taken."`
	Templates string `type:"existingdir" placeholder:"DIR" help:"Pages that take the place of the built-in ones, instead of the configuration's."`
	Words     string `type:"existingdir" placeholder:"DIR" help:"Folder of LANGUAGE.yaml, whose texts take the place of the built-in ones, instead of the configuration's."`
	Tenant    string `placeholder:"TENANT" help:"The tenant whose pages are shown, if tenants have pages of their own."`
	configFlags
}

// Help says which pages are shown.
func (previewCommand) Help() string {
	return "The pages are the configuration's, if there is one. With --templates or --words no configuration is needed, nor the secrets in it."
}

// previewStarted is what the preview says first.
type previewStarted struct {
	URL string `json:"url"`
}

func (v previewStarted) print(p *page) {
	p.line("Pages: %s  (Ctrl-C ends it; begin again after a change)", v.URL)
}

// Run serves the pages of the configuration, or those that are built in, until ctx ends.
func (c previewCommand) Run(ctx context.Context, s *session) error {
	cfg, err := c.looks(s) //nolint:contextcheck // It reads files, and waits for nobody.
	if err != nil {
		return err
	}
	pages, err := web.Preview(cfg)
	if err != nil {
		return err
	}
	listeners, port, err := demo.Listen(ctx, c.Port) // on this machine only
	if err != nil {
		return err
	}
	if err := s.show(previewStarted{URL: fmt.Sprintf("http://localhost:%d", port)}); err != nil {
		for _, l := range listeners {
			err = errors.Join(err, l.Close())
		}
		return err
	}
	return demo.Serve(ctx, onThisMachine(pages, port), listeners)
}

// looks is how the pages look.
func (c previewCommand) looks(s *session) (web.Config, error) {
	if c.Templates == "" && c.Words == "" {
		if _, err := c.source(); err != nil {
			return web.Config{}, nil //nolint:nilerr // There is no configuration, so they look as they are built in.
		}
		cfg, err := c.load(s)
		if err != nil {
			return web.Config{}, err
		}
		return cfg.Preview(c.Tenant), nil
	}
	var looks web.Config
	if c.Templates != "" {
		looks.Templates = os.DirFS(c.Templates)
	}
	if c.Words != "" {
		words, err := catalogue.New(catalogue.Config{Files: []fs.FS{os.DirFS(c.Words)}})
		if err != nil {
			return web.Config{}, err
		}
		looks.Catalogue = words
	}
	return looks, nil
}

// onThisMachine answers nobody who came by another name: a page elsewhere whose name leads here must not read what is shown.
func onThisMachine(h http.Handler, port int) http.Handler {
	known := map[string]bool{fmt.Sprintf("localhost:%d", port): true, fmt.Sprintf("127.0.0.1:%d", port): true, fmt.Sprintf("[::1]:%d", port): true}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !known[r.Host] {
			http.Error(w, "this is for this machine alone", http.StatusMisdirectedRequest)
			return
		}
		h.ServeHTTP(w, r)
	})
}
