package registry

import "strings"

// Client is where a call came from, if the application knows. It is told in events and notices, and nothing is decided by it or compared with it, for a client
// says of itself what it likes. What is not printable is left out, and what is too long is cut. // attack: A-43
type Client struct {
	Address string // an IP address, of which the application has made sure as far as it can: up to 64 bytes
	Agent   string // a browser and its system, or the whole User-Agent header: up to 256 bytes
}

const (
	maxAddress = 64
	maxAgent   = 256
)

// printable is what may be put into an event.
func (c Client) printable() Client { return Client{cut(c.Address, maxAddress), cut(c.Agent, maxAgent)} }

// cut is the beginning of a text, in whole characters; nothing of one that is not printable.
func cut(s string, limit int) string {
	if len(s) > limit {
		s = strings.ToValidUTF8(s[:limit], "")
	}
	if !printable(s) {
		return ""
	}
	return s
}
