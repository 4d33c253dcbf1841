package config

import (
	"fmt"
	"log/slog"
	"net/url"
)

const hidden = "[secret]"

// Secret is a password, a key or a token. It prints as [secret], whatever prints it; string(s) is what it hides.
type Secret string

// Format keeps it out of whatever prints it. // attack: A-124
func (Secret) Format(f fmt.State, _ rune) { fmt.Fprint(f, hidden) }

// MarshalText keeps it out of JSON, and of logs that are JSON.
func (Secret) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// LogValue keeps it out of logs.
func (Secret) LogValue() slog.Value { return slog.StringValue(hidden) }

// URL is an address that may have a password in it. It prints without user, password and query; string(u) is the whole.
type URL string

// Format prints what may be seen.
func (u URL) Format(f fmt.State, _ rune) { fmt.Fprint(f, u.shown()) }

// MarshalText is what may be seen.
func (u URL) MarshalText() ([]byte, error) { return []byte(u.shown()), nil }

// LogValue is what may be seen.
func (u URL) LogValue() slog.Value { return slog.StringValue(u.shown()) }

func (u URL) shown() string {
	if u == "" {
		return ""
	}
	parsed, err := url.Parse(string(u))
	if err != nil || parsed.Host == "" || parsed.Opaque != "" {
		return hidden
	}
	if parsed.User != nil {
		parsed.User = url.User("hidden")
	}
	if parsed.RawQuery != "" {
		parsed.RawQuery = "hidden"
	}
	parsed.Fragment = ""
	return parsed.String()
}

// secret says whether a URL has something in it that nobody may see.
func (u URL) secret() bool {
	parsed, err := url.Parse(string(u))
	if err != nil {
		return true
	}
	_, password := parsed.User.Password()
	return password || parsed.Query().Has("password") || parsed.Query().Has("sslpassword")
}

// Path is the name of a file or a folder. A relative one begins at the folder of the file that it is written in; in a variable, at the working directory.
type Path string
