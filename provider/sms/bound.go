package sms

import (
	"fmt"
	"regexp"
	"strings"
)

// boundLine is the last line of a message: it tells the phone to offer the code on this host only, so that a look-alike site is not filled in
// (WICG "Origin-bound one-time codes delivered via SMS"). Nothing follows it, not even a line feed: parsers read what is behind the
// last one. // attack: O1
func boundLine(host, code string) string { return "@" + host + " #" + code }

// boundAnywhere is what some browsers take for a bound line: not the last line alone, as the specification says, but the first place in the
// whole text that looks like one.
var boundAnywhere = regexp.MustCompile(`(?:^|\s)@([a-zA-Z0-9.-]+) #([^#\s]+)`)

// validHost accepts what a bound line can carry: a host name in ASCII, without scheme, port or path, since https is implied. // attack: O2, A-136
func validHost(host string) error {
	fault := fmt.Errorf("sms: Config.Host %.80q must be a host name in ASCII, such as login.example.com, without scheme, port or path", host)
	if host == "localhost" {
		return nil
	}
	labels := strings.Split(host, ".")
	if len(host) > 253 || len(labels) < 2 {
		return fault
	}
	for _, l := range labels {
		if l == "" || len(l) > 63 || l[0] == '-' || l[len(l)-1] == '-' || strings.Trim(l, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
			return fault
		}
	}
	return nil
}
