package main

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/cofactor-mfa/cofactor/registry"
)

// request is what any route takes, and reply what it gives.
type request struct {
	Name, Password string          // /sign-in
	Kind           string          // /begin, /begin-setup
	Challenge      string          // /finish, /finish-setup
	Response       json.RawMessage // likewise
}

type reply struct {
	SignedIn  bool     `json:"signed_in"`
	Choices   []string `json:"choices,omitempty"` // kinds of the second step
	Challenge string   `json:"challenge,omitempty"`
	Public    any      `json:"public,omitempty"`
	Factors   []string `json:"factors,omitempty"` // kinds that are attached, with their hints
	Error     string   `json:"error,omitempty"`   // a code
}

func (r *replica) routes() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /ready", r.health.Ready())
	mux.Handle("GET /live", r.health.Live())
	mux.HandleFunc("POST /sign-in", r.signIn)
	mux.HandleFunc("POST /begin", r.within(r.begin))
	mux.HandleFunc("POST /finish", r.within(r.finish))
	mux.HandleFunc("POST /begin-setup", r.within(r.beginSetup))
	mux.HandleFunc("POST /finish-setup", r.within(r.finishSetup))
	mux.HandleFunc("POST /factors", r.within(r.factors))
	return http.NewCrossOriginProtection().Handler(mux)
}

// signIn checks the password, and says what is left.
func (r *replica) signIn(w http.ResponseWriter, req *http.Request) {
	var in request
	if !read(w, req, &in) {
		return
	}
	given, want := sha256.Sum256([]byte(in.Password)), sha256.Sum256([]byte(r.password))
	if subtle.ConstantTimeCompare(given[:], want[:]) != 1 || in.Name == "" {
		answer(w, http.StatusUnauthorized, reply{Error: "wrong_password"})
		return
	}
	s := newSession(in.Name)
	login, err := r.reg.StartLogin(req.Context(), registry.Start{Who: s.who(), Primary: []string{"pwd"}})
	if err != nil {
		refuse(w, err)
		return
	}
	out := reply{SignedIn: login.Satisfied}
	for _, c := range login.Choices {
		out.Choices = append(out.Choices, c.Kind)
	}
	r.done(w, s.take(login), out)
}

// within is a route for those who have given a password.
func (r *replica) within(route func(w http.ResponseWriter, req *http.Request, s session, in request)) http.HandlerFunc {
	return func(w http.ResponseWriter, req *http.Request) {
		var in request
		if !read(w, req, &in) {
			return
		}
		s, ok := r.load(req)
		if !ok {
			answer(w, http.StatusUnauthorized, reply{Error: string(registry.ErrLoginRequired)})
			return
		}
		route(w, req, s, in)
	}
}

func (r *replica) begin(w http.ResponseWriter, req *http.Request, s session, in request) {
	ch, err := r.reg.BeginLogin(req.Context(), registry.Begin{Who: s.who(), Pending: s.Pending, Kind: in.Kind})
	if err != nil {
		refuse(w, err)
		return
	}
	answer(w, http.StatusOK, reply{Challenge: ch.ID, Public: ch.Public})
}

func (r *replica) finish(w http.ResponseWriter, req *http.Request, s session, in request) {
	f := registry.Finish{Who: s.who(), Pending: s.Pending, Challenge: in.Challenge, Response: in.Response}
	login, err := r.reg.FinishLogin(req.Context(), f)
	if err != nil {
		refuse(w, err)
		return
	}
	r.done(w, s.take(login), reply{SignedIn: login.Satisfied})
}

func (r *replica) beginSetup(w http.ResponseWriter, req *http.Request, s session, in request) {
	e := registry.Enrol{Who: s.who(), Pending: s.Pending, Kind: in.Kind}
	if s.Pending == "" { // the login is over
		e.Proof = s.Proof
	}
	ch, err := r.reg.BeginSetup(req.Context(), e)
	if err != nil {
		refuse(w, err)
		return
	}
	answer(w, http.StatusOK, reply{Challenge: ch.ID, Public: ch.Public})
}

func (r *replica) finishSetup(w http.ResponseWriter, req *http.Request, s session, in request) {
	login, err := r.reg.FinishSetup(req.Context(), registry.Finish{Who: s.who(), Pending: s.Pending, Challenge: in.Challenge, Response: in.Response})
	if err != nil {
		refuse(w, err)
		return
	}
	r.done(w, s.take(login), reply{SignedIn: login.Satisfied})
}

// factors is for those who are signed in, and still are.
func (r *replica) factors(w http.ResponseWriter, req *http.Request, s session, _ request) {
	if err := r.reg.Stands(req.Context(), registry.Standing{Who: s.who(), Proof: s.Proof}); err != nil {
		refuse(w, err)
		return
	}
	have, err := r.reg.Factors(req.Context(), s.who())
	if err != nil {
		refuse(w, err)
		return
	}
	var out reply
	for _, f := range have {
		out.Factors = append(out.Factors, f.Kind+" "+f.Hint)
	}
	answer(w, http.StatusOK, out)
}

func (r *replica) done(w http.ResponseWriter, s session, out reply) {
	if err := r.save(w, s); err != nil {
		answer(w, http.StatusInternalServerError, reply{Error: string(registry.ErrInternal)})
		return
	}
	answer(w, http.StatusOK, out)
}

func read(w http.ResponseWriter, req *http.Request, in *request) bool {
	if err := json.NewDecoder(http.MaxBytesReader(w, req.Body, 64<<10)).Decode(in); err != nil {
		answer(w, http.StatusBadRequest, reply{Error: string(registry.ErrInvalid)})
		return false
	}
	return true
}

// refuse says what the client may know.
func refuse(w http.ResponseWriter, err error) {
	code := registry.ErrInternal
	if typed := (*registry.Error)(nil); errors.As(err, &typed) {
		code = typed.Code
	}
	answer(w, code.Meaning().Status, reply{Error: string(code)})
}

func answer(w http.ResponseWriter, status int, out reply) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(out)
}
