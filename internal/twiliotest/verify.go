package twiliotest

import (
	"fmt"
	"net/http"
)

// Memory says what a Twilio does with a verification that was answered rightly.
type Memory uint8

const (
	// Deletes is what Twilio documents: an approved verification is not found any more.
	Deletes Memory = iota
	// Keeps approves the same code as often as it comes. No Twilio should; whoever needs single use must not depend on it.
	Keeps
)

const limit = 5 // sends and checks of one verification

type verification struct {
	sid, code, status string
	sends, checks     int
}

// Code is what was last sent to a number.
func (s *Server) Code(to string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if v := s.live[to]; v != nil {
		return v.code
	}
	return ""
}

// Expire ends a number's verification, as ten minutes do.
func (s *Server) Expire(to string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.live, to)
}

// start sends a code. A verification that is pending is the same one, with the same code.
func (s *Server) start(w http.ResponseWriter, r *http.Request) {
	to, sid := r.PostForm.Get("To"), s.sid("VE")
	s.mu.Lock()
	v := s.live[to]
	if v == nil || v.status != "pending" {
		v = &verification{sid: sid, code: fmt.Sprintf("%06d", 100_000+s.sids*7919%900_000), status: "pending"}
		s.live[to] = v
	}
	v.sends++
	tooMany, reply := v.sends > limit && s.forgets == Deletes, s.resource(to, v)
	s.mu.Unlock()
	if tooMany {
		s.refuse(w, r, 60203)
		return
	}
	answer(w, http.StatusCreated, reply)
}

func (s *Server) check(w http.ResponseWriter, r *http.Request) {
	to := r.PostForm.Get("To")
	s.mu.Lock()
	v := s.live[to]
	switch {
	case v == nil, v.status == "approved" && s.forgets == Deletes:
		s.mu.Unlock()
		s.refuse(w, r, 20404)
		return
	case v.checks >= limit && s.forgets == Deletes:
		s.mu.Unlock()
		s.refuse(w, r, 60202)
		return
	}
	v.checks++
	reply := s.resource(to, v)
	if r.PostForm.Get("Code") == v.code {
		v.status = "approved"
		reply["status"], reply["valid"] = "approved", true
	} else {
		reply["status"], reply["valid"] = "pending", false
	}
	s.mu.Unlock()
	answer(w, http.StatusOK, reply)
}

func (s *Server) resource(to string, v *verification) map[string]any {
	const now = "2026-11-25T10:00:00Z"
	return map[string]any{
		"sid": v.sid, "service_sid": ServiceSID, "account_sid": AccountSID, "to": to, "channel": "sms", "status": v.status,
		"valid": v.status == "approved", "amount": nil, "payee": nil, "date_created": now, "date_updated": now,
	}
}
