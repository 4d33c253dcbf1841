package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/cofactor-mfa/cofactor/internal/demo"
)

type demoCommand struct {
	Port     int    `default:"8080" help:"Port on this machine. If it is in use, the next free one is taken."`
	Require  bool   `help:"Have everybody set up a second step before they get in."`
	Data     string `type:"path" placeholder:"DIR" help:"Folder to keep people's methods in, with the keys they are sealed under. Without it, all is in memory."`
	Redis    string `placeholder:"URL" help:"Redis server for challenges: redis://localhost:6379."`
	Database string `placeholder:"URL" help:"Database for methods, instead of a file in DIR: postgres://user@host/name, or the path of an SQLite file. Needs --data for the keys."`
}

// demoStarted is what the demo says first.
type demoStarted struct {
	URL    string `json:"url"`
	Data   string `json:"data"`
	wanted int    // the port that was asked for, if it is in use
	port   int
}

func (d demoStarted) print(p *page) {
	var greeting strings.Builder
	if d.wanted != 0 && d.port != d.wanted {
		fmt.Fprintf(&greeting, "Port %d is in use, so the demo takes %d.\n", d.wanted, d.port)
	}
	fmt.Fprintf(&greeting, "Demo: %s  (users alice, bob and carol, password demo)\nE-mails and text messages are printed here.\n%s", d.URL, d.Data)
	p.line("%s", &greeting)
}

// Run serves the demo until ctx ends.
func (c demoCommand) Run(ctx context.Context, s *session) (err error) {
	out := s.out
	if s.json {
		out = s.err // which leaves the first line alone
	}
	stores, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = cmp.Or(err, stores.close()) }()
	listeners, port, err := demo.Listen(ctx, c.Port)
	if err != nil {
		return err
	}
	origin := fmt.Sprintf("http://localhost:%d", port)
	website, err := demo.New(demo.Config{
		Challenges: stores.challenges, Factors: stores.factors, AEAD: stores.aead, Terminal: out, Now: time.Now, Origin: origin,
		Pepper: stores.pepper, KeepSecrets: stores.forgets, Require: c.Require,
	})
	if err != nil {
		for _, l := range listeners {
			err = errors.Join(err, l.Close())
		}
		return err
	}
	if err := s.show(demoStarted{URL: origin, Data: stores.where, wanted: c.Port, port: port}); err != nil {
		return err
	}
	err = demo.Serve(ctx, website.Handler(), listeners) //nolint:contextcheck // The handler takes that of each request.
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastWords)
	defer cancel()
	return errors.Join(err, website.Flush(last))
}

// lastWords is how long the demo may take to tell people what has happened, when it has been stopped.
const lastWords = 5 * time.Second
