package twilio

import (
	"context"
	"net/http"
	"net/url"
)

// Check asks Twilio, as the account, for something that changes nothing, costs nothing and tells of nobody: for when a program starts. An *Error of status 401 says that the
// credentials are wrong, and of 403 that they are right and may not ask: Twilio's restricted keys may be allowed to send and nothing else.
func (s *Sender) Check(ctx context.Context) error {
	return s.client.Ask(ctx, "https://api.twilio.com/2010-04-01/Accounts/"+s.cfg.Account.SID+"/IncomingPhoneNumbers.json", url.Values{"PageSize": {"1"}})
}

// Ask makes a GET request and looks at nothing but whether it was answered well.
func (c *Client) Ask(ctx context.Context, address string, query url.Values) error {
	resp, err := c.Requests(ctx).Get(address, query, map[string]any{}, "")
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return &Error{Status: resp.StatusCode}
	}
	return nil
}
