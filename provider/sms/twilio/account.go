package twilio

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/twilio/twilio-go/client"

	"github.com/cofactor-mfa/cofactor/internal/webhook"
)

const (
	maxReply = 256 << 10        // bytes of a reply
	patience = 10 * time.Second // for a reply, if the caller has more
)

var (
	accountSID = regexp.MustCompile(`^AC[0-9a-fA-F]{32}$`)
	keySID     = regexp.MustCompile(`^SK[0-9a-fA-F]{32}$`)
	location   = regexp.MustCompile(`^[a-z0-9-]{1,32}$`)
)

// Account is how to reach Twilio, and as whom.
type Account struct {
	// SID is the account's: "AC" and 32 hexadecimal digits. Required.
	SID string
	// Key is the SID of an API key ("SK..."), whose secret can be revoked alone. Without it, Secret is the account's auth token.
	Key string
	// Secret of the key, or the auth token. Required.
	Secret string
	// Region and Edge are where Twilio processes and where it is entered: "ie1" and "dublin". Empty is Twilio's default, the United States.
	Region, Edge string
	// BaseURL takes the place of scheme and host, for tests: "http://127.0.0.1:8080". Only this machine may be reached without TLS.
	BaseURL string
}

// Format keeps the secret out of whatever prints an account.
func (Account) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, "Twilio account (not printed)") }

// Validate reports every fault, joined.
func (a Account) Validate() error {
	var faults []error
	if !accountSID.MatchString(a.SID) {
		faults = append(faults, errors.New("twilio: Account.SID is required: AC and 32 hexadecimal digits"))
	}
	if a.Key != "" && !keySID.MatchString(a.Key) {
		faults = append(faults, errors.New("twilio: Account.Key must be SK and 32 hexadecimal digits"))
	}
	if a.Secret == "" {
		faults = append(faults, errors.New("twilio: Account.Secret is required"))
	}
	if a.Region != "" && !location.MatchString(a.Region) || a.Edge != "" && !location.MatchString(a.Edge) {
		faults = append(faults, fmt.Errorf("twilio: Account.Region %.40q and Edge %.40q must be names such as ie1 and dublin", a.Region, a.Edge))
	}
	if a.BaseURL != "" && !mayReach(a.BaseURL) {
		faults = append(faults, fmt.Errorf("twilio: Account.BaseURL %.100q must be scheme and host alone, with https unless it is this machine", a.BaseURL))
	}
	return errors.Join(faults...)
}

// mayReach accepts scheme and host alone.
func mayReach(base string) bool {
	u, err := url.Parse(base)
	return err == nil && strings.Trim(u.Path, "/") == "" && u.RawQuery == "" && webhook.MayReach(base)
}

// Client makes one account's requests. The library's own client knows no context, sends some requests twice and follows what the
// environment says of regions; this one does none of that.
type Client struct {
	account Account
	base    *url.URL // nil: as the library says
	http    *http.Client
}

// NewClient needs a valid account.
func NewClient(a Account) (*Client, error) {
	if err := a.Validate(); err != nil {
		return nil, err
	}
	c := &Client{account: a, http: &http.Client{
		Timeout:       patience,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	if a.BaseURL != "" {
		c.base, _ = url.Parse(a.BaseURL) // Validate has parsed it.
	}
	return c, nil
}

// Requests are the library's way to this client, for one call and as long as its context.
func (c *Client) Requests(ctx context.Context) *client.RequestHandler {
	return &client.RequestHandler{Client: exchange{c, ctx}, Edge: c.account.Edge, Region: c.account.Region}
}

// exchange is a client.BaseClient with a context.
type exchange struct {
	*Client
	ctx context.Context //nolint:containedctx // The library's interface has no place for it; it lives for one call.
}

var _ client.BaseClient = exchange{}

func (e exchange) AccountSid() string       { return e.account.SID }
func (e exchange) SetTimeout(time.Duration) {}
func (e exchange) SetOauth(client.OAuth)    {}
func (e exchange) OAuth() client.OAuth      { return nil }

// SendRequest makes one request and never a second.
func (e exchange) SendRequest(method, rawURL string, form url.Values, headers map[string]any, body ...byte) (*http.Response, error) {
	if (method != http.MethodPost && method != http.MethodGet) || len(body) > 0 {
		return nil, errors.New("twilio: a request that this client does not make")
	}
	u, err := url.Parse(rawURL)
	if err != nil {
		return nil, errors.New("twilio: malformed URL")
	}
	if method == http.MethodGet {
		u.RawQuery, form = form.Encode(), nil
	}
	if e.base != nil {
		u.Scheme, u.Host = e.base.Scheme, e.base.Host
	}
	req, err := http.NewRequestWithContext(e.ctx, method, u.String(), strings.NewReader(form.Encode()))
	if err != nil {
		return nil, errors.New("twilio: malformed URL")
	}
	for k, v := range headers {
		req.Header.Set(k, fmt.Sprint(v))
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "cofactor")
	user := e.account.Key
	if user == "" {
		user = e.account.SID
	}
	req.SetBasicAuth(user, e.account.Secret)
	resp, err := e.http.Do(req)
	if err != nil {
		return nil, unreached(err)
	}
	resp.Body = limited{io.LimitReader(resp.Body, maxReply), resp.Body}
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		defer func() { _ = resp.Body.Close() }()
		return nil, refused(resp)
	}
	return resp, nil
}

type limited struct {
	io.Reader
	io.Closer
}

// unreached leaves out the URL, which names the account.
func unreached(err error) error {
	fault := &Error{Note: "no reply"}
	var timeout interface{ Timeout() bool }
	var dial *net.OpError
	switch {
	case errors.Is(err, context.Canceled):
		fault.Note = "cancelled"
	case errors.As(err, &timeout) && timeout.Timeout():
		fault.Note = "no reply in time"
	case errors.As(err, &dial) && dial.Op == "dial":
		fault.Note = "no connection"
	}
	return fault
}

// refused reads the code of an error, and not its message, which quotes the number.
func refused(resp *http.Response) error {
	var reply struct {
		Code int `json:"code"`
	}
	if json.NewDecoder(resp.Body).Decode(&reply) != nil {
		reply.Code = 0
	}
	return &Error{Status: resp.StatusCode, Code: reply.Code}
}

// Error is what Twilio said, or that it said nothing. It names nobody, so it may be logged.
type Error struct {
	Status int    // of HTTP; 0 if there was no reply
	Code   int    // Twilio's: https://www.twilio.com/docs/api/errors; 0 if it gave none
	Note   string // why there was no reply
}

func (e *Error) Error() string {
	switch {
	case e.Code != 0:
		return fmt.Sprintf("twilio %d", e.Code)
	case e.Status != 0:
		return fmt.Sprintf("twilio: status %d", e.Status)
	}
	return "twilio: " + e.Note
}
