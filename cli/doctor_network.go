package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/cofactor-mfa/cofactor/provider/sms/twilio"
)

// senders asks what sends messages whether it would, and what else providers want asked.
func (x *examination) senders(ctx context.Context) {
	checks, err := x.cfg.Checks(x.program) //nolint:contextcheck // It waits for nobody; the checks do, and have a context.
	if err != nil {
		x.add("providers", failed, err.Error(), "mend providers in the configuration")
	}
	for _, c := range checks {
		if !strings.Contains(c.Name, "providers.") {
			continue // the stores, which were asked more closely
		}
		path, _, _ := strings.Cut(c.Name, ":")
		err := limited(ctx, c.Run)
		fault := (*twilio.Error)(nil)
		switch {
		case err == nil:
			x.add(c.Name, fine, "it answers, and takes the credentials", "")
		case errors.As(err, &fault) && fault.Status == http.StatusForbidden:
			x.add(c.Name, warning, "the credentials are right, and may not be used for this question", "cofactor send-test says whether they may send")
		default:
			x.add(c.Name, failed, err.Error(), hint(err, "look at "+path+" in the configuration, and at what it leads to"))
		}
	}
	for _, v := range x.cfg.Values() {
		if path, ok := strings.CutSuffix(v.Path, ".sender"); ok && v.Text == "webhook" { // Silence would be taken for an ok.
			x.add(path+": gateway", warning, "not asked, because there is no question that sends nothing", "cofactor send-test says whether it sends")
		}
	}
}

// hint is the advice that an error has, or else what is given.
func hint(err error, otherwise string) string {
	var hinted interface{ Hint() string }
	if errors.As(err, &hinted) {
		return hinted.Hint()
	}
	return otherwise
}

// How far two clocks may be apart. A code of an authenticator app is good for half a minute, and one before and after.
const (
	clockWarns = 3 * time.Second
	clockFails = 15 * time.Second
)

// landing is where a browser ends up that asks for a page.
type landing struct {
	url  *url.URL
	date string // what time it is there
}

func (l landing) origin() string { return l.url.Scheme + "://" + l.url.Host }

// fetch asks for a page as a browser does.
func fetch(ctx context.Context, address string) (landing, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return landing{}, err
	}
	req.Header.Set("User-Agent", "cofactor-doctor")
	client := &http.Client{Timeout: checkTime}
	resp, err := client.Do(req)
	if err != nil {
		return landing{}, err
	}
	return landing{url: resp.Request.URL, date: resp.Header.Get("Date")}, resp.Body.Close()
}

// clock compares this machine's clock with that of whoever serves the pages.
func (x *examination) clock(ctx context.Context) {
	const name = "clock"
	address := cmp.Or(x.Clock, x.URL, x.cfg.Site("").BaseURL)
	asked := time.Now()
	there, err := fetch(ctx, address)
	took := time.Since(asked)
	if err != nil {
		x.add(name, warning, "not compared: "+err.Error(), "name a web server whose clock is right: --clock https://...")
		return
	}
	date, err := http.ParseTime(there.date)
	if err != nil {
		x.add(name, warning, "not compared: the server does not say what time it is", "")
		return
	}
	// Whole seconds are cut off, and the reply took its time.
	apart := asked.Add(took / 2).Sub(date.Add(500 * time.Millisecond))
	status, fix, text := fine, "", fmt.Sprintf("within %v of %s", (max(apart, -apart)+took/2).Round(time.Second)+time.Second, there.url.Host)
	if d := max(apart, -apart) - took/2; d > clockWarns {
		status, fix = warning, "synchronise the clocks (chrony, systemd-timesyncd): codes of authenticator apps depend on them"
		if d > clockFails {
			status = failed
		}
		direction := "ahead of"
		if apart < 0 {
			direction = "behind"
		}
		text = fmt.Sprintf("%v %s that of %s", max(apart, -apart).Round(time.Second), direction, there.url.Host)
	}
	x.add(name, status, text, fix)
}

// pages compares where browsers find the pages with where the configuration says that they are.
func (x *examination) pages(ctx context.Context) {
	const name = "origins"
	if x.URL == "" {
		return
	}
	if u, err := url.Parse(x.URL); err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		x.add(name, failed, "--url is no URL of a page", "such as --url https://acme.example/mfa")
		return
	}
	there, err := fetch(ctx, x.URL)
	if err != nil {
		x.add(name, failed, err.Error(), "start what serves the pages, or mend --url")
		return
	}
	seen := there.origin()
	if base := x.cfg.Site("").Origin(); seen != base {
		x.add(name, failed, fmt.Sprintf("a browser ends up at %s, and base_url is at %s", seen, base), "make base_url what browsers see: behind a proxy that is not what the program listens on")
	}
	for id, origins := range x.passkeyOrigins() {
		path := "providers." + id
		if !slices.Contains(origins, seen) {
			x.add(name, failed, fmt.Sprintf("a browser says %s, and %s.origins are %s: no passkey can be used there", seen, path, strings.Join(origins, ", ")), "add it to "+path+".origins")
			continue
		}
		x.add(name, fine, fmt.Sprintf("%s is among %s.origins", seen, path), "")
	}
}

// passkeyOrigins are the origins of each provider of passkeys. Without a list there is one, that of base_url.
func (x *examination) passkeyOrigins() map[string][]string {
	all := map[string][]string{}
	for _, v := range x.cfg.Values() {
		id, key, ok := strings.Cut(strings.TrimPrefix(v.Path, "providers."), ".")
		if !ok || !strings.HasPrefix(v.Path, "providers.") {
			continue
		}
		switch {
		case key == "rp_id" && all[id] == nil:
			all[id] = []string{}
		case strings.HasPrefix(key, "origins["), strings.HasPrefix(key, "related_origins["):
			all[id] = append(all[id], unquoted(v.Text))
		}
	}
	for id, origins := range all {
		if len(origins) == 0 {
			all[id] = []string{x.cfg.Site("").Origin()}
		}
	}
	return all
}
