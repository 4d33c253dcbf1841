// Package twiliotest is as much of Twilio as the tests need, on this machine: it checks each request against a hand-written extract of the
// published API description, answers as documented, and can be slow, overloaded, broken or cut off.
package twiliotest

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// Who the requests must come from.
const (
	AccountSID = "AC00000000000000000000000000000001"
	ServiceSID = "VA00000000000000000000000000000001"
	Secret     = "twiliotest-auth-token" //nolint:gosec // It opens nothing.
)

//go:embed extract.json
var extractJSON []byte

type field struct {
	Required bool   `json:"required"`
	Pattern  string `json:"pattern"`
	Max      int    `json:"max"`
}

type operation struct {
	Fields map[string]field `json:"fields"`
	OneOf  []string         `json:"one_of"`
}

type extract struct {
	Reads      []string             `json:"reads"`
	Operations map[string]operation `json:"operations"`
	Errors     map[string]fault     `json:"errors"`
}

type fault struct {
	Status  int    `json:"status"`
	Message string `json:"message"`
}

// Reply is how the next request is answered, instead of being carried out.
type Reply struct {
	Code   int           // one of the extract's errors
	Status int           // with Body, as it is
	Body   string        // sent for Status
	Cut    bool          // the connection ends in the middle of the body
	Wait   chan struct{} // nothing is answered before it is closed
	To     string        // a redirect
}

// Request is one that was made.
type Request struct {
	Path string
	Form url.Values
}

// Server is a Twilio.
type Server struct {
	URL string

	extract extract
	mu      sync.Mutex
	next    []Reply
	seen    []Request
	faults  []string
	sids    int
	live    map[string]*verification // by number
	forgets Memory
}

// New starts a Twilio that ends with the test. A request that breaks the extract fails the test.
func New(t testing.TB, m Memory) *Server {
	t.Helper()
	s := &Server{live: map[string]*verification{}, forgets: m}
	if err := json.Unmarshal(extractJSON, &s.extract); err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(s)
	s.URL = srv.URL
	t.Cleanup(func() {
		srv.CloseClientConnections()
		srv.Close()
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, f := range s.faults {
			t.Errorf("a request does not keep to the published API: %s", f)
		}
	})
	return s
}

// Next queues replies for the requests that come.
func (s *Server) Next(r ...Reply) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.next = append(s.next, r...)
}

// Requests are those made so far.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Request(nil), s.seen...)
}

// Last is the last message to a number.
func (s *Server) Last(to string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := len(s.seen) - 1; i >= 0; i-- {
		if s.seen[i].Form.Get("To") == to && s.seen[i].Form.Has("Body") {
			return s.seen[i].Form.Get("Body")
		}
	}
	return ""
}

func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet {
		if err := r.ParseForm(); err != nil || r.URL.RawQuery != "" || r.Header.Get("Content-Type") != "application/x-www-form-urlencoded" {
			s.fault("%s %s is no POSTed form", r.Method, r.URL)
		}
	}
	reply, waits := s.note(r)
	if waits && reply.Wait != nil {
		select {
		case <-reply.Wait:
		case <-r.Context().Done():
			return
		}
	}
	switch {
	case !waits:
		s.carryOut(w, r)
	case reply.Code != 0:
		s.refuse(w, r, reply.Code)
	case reply.To != "":
		http.Redirect(w, r, reply.To, http.StatusTemporaryRedirect)
	case reply.Cut:
		w.Header().Set("Content-Length", strconv.Itoa(len(reply.Body)+100))
		w.WriteHeader(reply.Status)
		_, _ = w.Write([]byte(reply.Body))
		panic(http.ErrAbortHandler)
	case reply.Status != 0:
		w.WriteHeader(reply.Status)
		_, _ = w.Write([]byte(reply.Body))
	default:
		s.carryOut(w, r)
	}
}

func (s *Server) note(r *http.Request) (Reply, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen = append(s.seen, Request{r.URL.Path, r.PostForm})
	if len(s.next) == 0 {
		return Reply{}, false
	}
	reply := s.next[0]
	s.next = s.next[1:]
	return reply, true
}

func (s *Server) fault(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, fmt.Sprintf(format, args...))
}

// carryOut does what was asked, if it was asked as the extract says.
func (s *Server) carryOut(w http.ResponseWriter, r *http.Request) {
	if user, pass, _ := r.BasicAuth(); user != AccountSID || pass != Secret {
		s.refuse(w, r, 20003)
		return
	}
	path := strings.NewReplacer(AccountSID, "{AccountSid}", ServiceSID, "{ServiceSid}").Replace(r.URL.Path)
	if r.Method == http.MethodGet && slices.Contains(s.extract.Reads, path) {
		answer(w, http.StatusOK, map[string]any{})
		return
	}
	op, known := s.extract.Operations[path]
	if !known || r.Method != http.MethodPost {
		s.fault("%s %s is no operation", r.Method, r.URL.Path)
		s.refuse(w, r, 20404)
		return
	}
	for _, broken := range op.broken(r.PostForm) {
		s.fault("%s: %s", path, broken)
	}
	switch {
	case strings.HasSuffix(path, "/Messages.json"):
		s.message(w, r)
	case strings.HasSuffix(path, "/Verifications"):
		s.start(w, r)
	default:
		s.check(w, r)
	}
}

func (o operation) broken(form url.Values) (faults []string) {
	for name, f := range o.Fields {
		v := form.Get(name)
		switch {
		case !form.Has(name):
			if f.Required {
				faults = append(faults, name+" is missing")
			}
		case f.Pattern != "" && !regexp.MustCompile(f.Pattern).MatchString(v):
			faults = append(faults, name+" does not match "+f.Pattern)
		case f.Max > 0 && len(v) > f.Max:
			faults = append(faults, name+" is too long")
		}
	}
	for name, values := range form {
		if _, known := o.Fields[name]; !known || len(values) != 1 {
			faults = append(faults, name+" is no field, or is there twice")
		}
	}
	given := 0
	for _, name := range o.OneOf {
		if form.Has(name) {
			given++
		}
	}
	if len(o.OneOf) > 0 && given != 1 {
		faults = append(faults, fmt.Sprintf("want one of %v, got %d", o.OneOf, given))
	}
	return faults
}

func (s *Server) refuse(w http.ResponseWriter, r *http.Request, code int) {
	e := s.extract.Errors[strconv.Itoa(code)]
	message := strings.NewReplacer("{To}", r.PostForm.Get("To"), "{path}", r.URL.Path).Replace(e.Message)
	answer(w, e.Status, map[string]any{
		"code": code, "message": message, "more_info": fmt.Sprintf("https://www.twilio.com/docs/errors/%d", code), "status": e.Status,
	})
}

func answer(w http.ResponseWriter, status int, body map[string]any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

func (s *Server) message(w http.ResponseWriter, r *http.Request) {
	form := r.PostForm
	status, from := "queued", any(form.Get("From"))
	if form.Has("MessagingServiceSid") {
		status, from = "accepted", nil
	}
	answer(w, http.StatusCreated, map[string]any{
		"sid": s.sid("SM"), "account_sid": AccountSID, "api_version": "2010-04-01", "to": form.Get("To"), "from": from, "body": form.Get("Body"),
		"status": status, "num_segments": "1", "num_media": "0", "direction": "outbound-api", "error_code": nil, "error_message": nil,
		"date_created": "Wed, 25 Nov 2026 10:00:00 +0000", "date_updated": "Wed, 25 Nov 2026 10:00:00 +0000", "date_sent": nil,
		"price": nil, "price_unit": "USD", "uri": "/2010-04-01/Accounts/" + AccountSID + "/Messages/SM.json",
	})
}

func (s *Server) sid(kind string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sids++
	return fmt.Sprintf("%s%032x", kind, s.sids)
}
