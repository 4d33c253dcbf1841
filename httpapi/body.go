package httpapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"reflect"
	"strings"
	"unicode/utf8"
)

// This file reads JSON of which there can be no two opinions. encoding/json takes the last of two members of the same name, takes "CODE" for "code", and puts up with
// members that nobody knows: each has let something pass a check that another parser made. // attack

const (
	maxBody  = 64 << 10
	maxDepth = 32
)

// members are the names of the members that a body may have, and whether it must.
type members map[string]bool

// membersOf reads them from a struct's tags: a member without omitempty, or omitzero, is required.
func membersOf(t reflect.Type) members {
	m := members{}
	for i := range t.NumField() {
		name, options, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		m[name] = !strings.Contains(options, "omit")
	}
	return m
}

// readBody reads the body of a request into a struct, or says what is wrong with it. Nothing of it is ever repeated in the answer.
func readBody(w http.ResponseWriter, r *http.Request, known members, into any) *Problem {
	mediaType, parameters, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if charset, given := parameters["charset"]; err != nil || mediaType != "application/json" || given && !strings.EqualFold(charset, "utf-8") || len(parameters) > 1 {
		return plainProblem(http.StatusUnsupportedMediaType, "The body has to be application/json.")
	}
	if r.Header.Get("Content-Encoding") != "" {
		return plainProblem(http.StatusUnsupportedMediaType, "The body must not be encoded.")
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if tooLong := (*http.MaxBytesError)(nil); errors.As(err, &tooLong) {
		return plainProblem(http.StatusRequestEntityTooLarge, "The body is over 64 KiB.")
	}
	if err != nil {
		return unusable("The body broke off.")
	}
	if fault := parseStrict(body, known, into); fault != "" {
		return unusable(fault)
	}
	return nil
}

// parseStrict reads one JSON object, and says what is wrong with it.
func parseStrict(body []byte, known members, into any) string {
	if !utf8.Valid(body) {
		return "The body is not UTF-8."
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	s := strict{d: d}
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return "The body is not a JSON object."
	}
	seen, fault := s.object(1, known)
	if fault != "" {
		return fault
	}
	for name, required := range known {
		if required && !seen[name] {
			return "The body lacks a member: " + name + "."
		}
	}
	if err := json.Unmarshal(body, into); err != nil {
		return "A member of the body has the wrong type, or something follows the body."
	}
	return ""
}

// strict walks over a value that encoding/json would decode too kindly.
type strict struct{ d *json.Decoder }

const notJSON = "The body is not JSON."

// object walks to the end of an object that has begun. Its members are those that are known, if any are.
func (s strict) object(depth int, known members) (seen map[string]bool, fault string) {
	seen = map[string]bool{}
	for {
		t, err := s.d.Token()
		if err != nil {
			return nil, notJSON
		}
		name, isName := t.(string)
		if !isName {
			return seen, "" // its end
		}
		if _, ok := known[name]; known != nil && !ok {
			return nil, "The body has a member that is not known here."
		}
		if seen[name] {
			return nil, "The body has a member twice."
		}
		if replaced(name) {
			return nil, notJSON
		}
		seen[name] = true
		if fault := s.value(depth, known != nil); fault != "" {
			return nil, fault
		}
	}
}

// value walks over a value. Null is no value that a member could have.
func (s strict) value(depth int, member bool) string {
	if depth >= maxDepth {
		return "The body is nested too deeply."
	}
	t, err := s.d.Token()
	switch {
	case err != nil:
		return notJSON
	case t == nil && member:
		return "A member of the body has the wrong type."
	case t == json.Delim('{'):
		_, fault := s.object(depth+1, nil)
		return fault
	case t == json.Delim('['):
		for s.d.More() {
			if fault := s.value(depth+1, false); fault != "" {
				return fault
			}
		}
		if _, err := s.d.Token(); err != nil {
			return notJSON
		}
		return ""
	}
	if text, ok := t.(string); ok && replaced(text) {
		return notJSON
	}
	return ""
}

// replaced says that a string has the character that encoding/json puts in the place of half a surrogate pair, which is no character.
func replaced(s string) bool { return strings.ContainsRune(s, utf8.RuneError) }
