// Package openapi_test has a validator that others keep compare what the routes take and give with their description.
package openapi_test

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/pb33f/libopenapi"
	validator "github.com/pb33f/libopenapi-validator"
	"github.com/pb33f/libopenapi-validator/config"

	"github.com/cofactor-mfa/cofactor/cofactortest"
)

type object = map[string]any

// document is the description of the routes, and what of it has been seen.
type document struct {
	t          *testing.T
	validator  validator.Validator
	prefix     string
	operations map[string]operation // by method and path: "POST /login"
	seen       map[string]bool      // "POST /login: 422 rejected"
}

// operation is one of them, as far as the driver needs it.
type operation struct {
	method, path string
	body         bool
	answers      []string // "201", "401 login_required", "413"
}

func (o operation) name() string { return o.method + " " + o.path }

func readDocument(t *testing.T, raw []byte) *document {
	t.Helper()
	var doc object
	if err := json.Unmarshal(raw, &doc); err != nil {
		t.Fatal(err)
	}
	schemas := doc["components"].(object)["schemas"].(object)
	for _, s := range schemas { // what clients must put up with, our own answers must not have: a member that nothing describes
		s.(object)["additionalProperties"] = false
	}
	strict, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := libopenapi.NewDocument(strict)
	if err != nil {
		t.Fatal(err)
	}
	v, faults := validator.NewValidator(parsed, config.WithFormatAssertions(), config.WithContentAssertions())
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	d := &document{
		t: t, validator: v, prefix: doc["servers"].([]any)[0].(object)["url"].(string), operations: map[string]operation{}, seen: map[string]bool{},
	}
	for path, methods := range doc["paths"].(object) {
		for method, spec := range methods.(object) {
			o := operation{method: strings.ToUpper(method), path: path}
			_, o.body = spec.(object)["requestBody"]
			for status, response := range spec.(object)["responses"].(object) {
				o.answers = append(o.answers, answersOf(doc, status, response.(object))...)
			}
			slices.Sort(o.answers)
			d.operations[o.name()] = o
		}
	}
	return d
}

// answersOf are the answers that a response describes: its codes, and its status alone if it may be without one.
func answersOf(doc object, status string, response object) []string {
	ref, ok := response["$ref"].(string)
	if !ok {
		return []string{status}
	}
	response = doc["components"].(object)["responses"].(object)[strings.TrimPrefix(ref, "#/components/responses/")].(object)
	schema := response["content"].(object)["application/problem+json"].(object)["schema"].(object)
	var answers []string
	required := false
	for _, part := range schema["allOf"].([]any) {
		properties, _ := part.(object)["properties"].(object)
		if code, ok := properties["code"].(object); ok {
			for _, c := range code["enum"].([]any) {
				answers = append(answers, status+" "+c.(string))
			}
			_, required = part.(object)["required"]
		}
	}
	if !required {
		answers = append(answers, status)
	}
	return answers
}

func TestTheDescriptionIsOne(t *testing.T) {
	raw := newSite(t).description()
	parsed, err := libopenapi.NewDocument(raw)
	if err != nil {
		t.Fatal(err)
	}
	v, faults := validator.NewValidator(parsed)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	if ok, faults := v.ValidateDocument(); !ok {
		for _, f := range faults {
			t.Errorf("the description is no OpenAPI 3.1: %v", f)
		}
	}
}

// call makes a request of an operation, and fails the test if what is sent or what comes back is not what the description says. What is meant
// to be refused as malformed is sent as it is.
func (d *document) call(b *cofactortest.Browser, method, path string, body any) cofactortest.Reply {
	d.t.Helper()
	raw, given := body.(raw)
	if body != nil && !given {
		var err error
		if raw.bytes, err = json.Marshal(body); err != nil {
			d.t.Fatal(err)
		}
		raw.mediaType = "application/json"
	}
	request := func() *http.Request {
		r, err := http.NewRequestWithContext(d.t.Context(), method, cofactortest.Origin+d.prefix+path, bytes.NewReader(raw.bytes))
		if err != nil {
			d.t.Fatal(err)
		}
		if raw.mediaType != "" {
			r.Header.Set("Content-Type", raw.mediaType)
		}
		maps.Copy(r.Header, b.Header)
		return r
	}
	reply := b.Do(request())
	sent := request()
	sent.AddCookie(&http.Cookie{Name: "session", Value: "the browser has it, or gets it"})
	response := &http.Response{StatusCode: reply.Status, Header: reply.Header, Body: io.NopCloser(bytes.NewReader(reply.Body)), Request: sent}
	if !given {
		if ok, faults := d.validator.ValidateHttpRequestSync(sent); !ok {
			d.t.Errorf("%s %s takes what is not described: %v", method, path, faults)
		}
		sent.Body = request().Body
	}
	if ok, faults := d.validator.ValidateHttpResponse(sent, response); !ok {
		for _, f := range faults {
			d.t.Errorf("%s %s gives what is not described: %v %v\n%s", method, path, f, f.SchemaValidationErrors, reply.Body)
		}
	}
	d.note(method, path, reply)
	return reply
}

// raw is a body that is sent as it is.
type raw struct {
	bytes     []byte
	mediaType string
}

// note writes down that an operation gave an answer.
func (d *document) note(method, path string, reply cofactortest.Reply) {
	d.t.Helper()
	path, _, _ = strings.Cut(path, "?")
	if rest, ok := strings.CutPrefix(path, "/factors/"); ok && rest != "" {
		path = "/factors/{factor}"
	}
	answer := strconv.Itoa(reply.Status)
	if strings.HasPrefix(reply.Header.Get("Content-Type"), "application/problem") {
		var p struct{ Code string }
		reply.Into(&p)
		if p.Code != "" {
			answer += " " + p.Code
		}
	}
	o := d.operations[method+" "+path]
	if !slices.Contains(o.answers, answer) {
		d.t.Errorf("%s answers %q, which its description does not have: %q", o.name(), answer, o.answers)
	}
	d.seen[o.name()+": "+answer] = true
}

// all says what the description has and nothing has been seen of.
func (d *document) all() {
	d.t.Helper()
	for _, name := range slices.Sorted(maps.Keys(d.operations)) {
		for _, answer := range d.operations[name].answers {
			if !d.seen[name+": "+answer] {
				d.t.Errorf("nothing has been seen of %s: %s", name, answer)
			}
		}
	}
}
