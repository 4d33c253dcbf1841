package demo

import (
	"crypto/rand"
	"slices"
	"sync"
	"time"

	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/registry"
)

// session is one browser, from the right password on, or from the time when it may be asked for a passkey; then its user is not known yet. Its lock is held for the whole of a request, so handlers use it as if they were alone.
type session struct {
	mu      sync.Mutex
	id      string
	expires time.Time

	// binding is what challenges and tokens are bound to. It never leaves the server, and unlike the id it stays the same at sign-in.
	binding  string
	user     provider.User
	client   registry.Client // of the request at hand
	signedIn bool

	pending  string // of a login within which a first method may be set up: one that had nothing to ask for, or one that asks for just that
	proof    string // what the newest login, step-up or change has proved
	begun    []begun
	recovery recovery
	paid     []payment
	browser  string // which trusted browser this is
	signal   string // what the browser's passkey manager should know, in JSON
}

// recovery is what is to be done after a sign-in by backup code, or by an administrator's. Its zero value says that there was none.
type recovery struct {
	until  time.Time // when the registry stops to accept it as a reason
	left   int       // backup codes
	issued bool      // the code was an administrator's
	added  bool      // a new method has been attached
}

// purpose is what a challenge is for.
type purpose int

const (
	signIn purpose = iota
	enrol          // a set-up that a sign-in asks for
	setUp          // one by somebody who is signed in
	confirm
)

// page is where the newest challenge for a purpose is shown, and where its answer goes.
func (p purpose) page() string {
	return [...]string{signIn: "/sign-in/code", enrol: "/sign-in/setup", setUp: "/security/setup", confirm: "/security/confirm"}[p]
}

// settingUp is what a set-up is for in this session.
func (s *session) settingUp() purpose {
	if s.signedIn {
		return setUp
	}
	return enrol
}

// begun is a challenge that some page shows. The page's form carries only the challenge's id, so that each of several tabs goes on with its own.
type begun struct {
	purpose   purpose
	challenge string // its id; a made-up one while unsent
	unsent    bool   // there is no challenge yet, because it is too soon for another message
	kind      string
	factor    string // which one is asked for; none in a set-up
	pending   string // the login's
	wants     change // what is set up, or what is to be done after the confirmation
	secret    string // what an authenticator app is being given, for people without a phone
}

const maxBegun = 16 // to a session; whoever opens more tabs loses the oldest

func (s *session) who() registry.Who {
	return registry.Who{User: s.user, Binding: s.binding, Client: s.client}
}

// keep keeps what the browser should know until there is something newer. To say it twice does no harm.
func (s *session) keep(signal any) {
	if signal != nil {
		s.signal = asJSON(signal)
	}
}

func (s *session) remember(b begun) {
	s.begun = append(s.begun, b)
	if len(s.begun) > maxBegun {
		s.begun = slices.Delete(s.begun, 0, 1)
	}
}

func (s *session) forget(challenge string) {
	s.begun = slices.DeleteFunc(s.begun, func(b begun) bool { return b.challenge == challenge })
}

// find is the challenge that a form carries.
func (s *session) find(p purpose, challenge string) (begun, bool) {
	for _, b := range s.begun {
		if b.purpose == p && b.challenge == challenge {
			return b, true
		}
	}
	return begun{}, false
}

// newest is the challenge that a page shows when it is loaded.
func (s *session) newest(p purpose) (begun, bool) {
	for _, b := range slices.Backward(s.begun) {
		if b.purpose == p {
			return b, true
		}
	}
	return begun{}, false
}

const (
	sessionFor = 12 * time.Hour
	guestFor   = time.Hour
)

// sessions are kept in memory: when the demo stops, everybody is signed out.
type sessions struct {
	now  func() time.Time
	mu   sync.Mutex
	byID map[string]*session
}

func newSessions(now func() time.Time) *sessions {
	return &sessions{now: now, byID: map[string]*session{}}
}

// create begins the session of somebody who knows the password.
func (all *sessions) create(u provider.User) *session { return all.add(u, random(), sessionFor) }

// createGuest begins the session of somebody who may have a passkey.
func (all *sessions) createGuest() *session { return all.add(provider.User{}, random(), guestFor) }

// createBound begins the session of somebody whose passkey has answered a challenge that is bound to this value.
func (all *sessions) createBound(u provider.User, binding string) *session {
	return all.add(u, binding, sessionFor)
}

func (all *sessions) add(u provider.User, binding string, lives time.Duration) *session {
	all.mu.Lock()
	defer all.mu.Unlock()
	now := all.now()
	for id, s := range all.byID {
		if !now.Before(s.expires) {
			delete(all.byID, id)
		}
	}
	s := &session{id: random(), binding: binding, user: u, expires: now.Add(lives)}
	all.byID[s.id] = s
	return s
}

func (all *sessions) find(id string) *session {
	all.mu.Lock()
	defer all.mu.Unlock()
	if s := all.byID[id]; s != nil && all.now().Before(s.expires) {
		return s
	}
	return nil
}

// rotate gives a session another id, so that one which was known before the sign-in is worth nothing after it.
func (all *sessions) rotate(s *session) {
	all.mu.Lock()
	defer all.mu.Unlock()
	delete(all.byID, s.id)
	s.id = random()
	all.byID[s.id] = s
}

func (all *sessions) end(s *session) {
	all.mu.Lock()
	defer all.mu.Unlock()
	delete(all.byID, s.id)
}

// endOthers ends the other sessions of a user, after a change that somebody who has stolen one should not survive (ASVS 7.4.3).
func (all *sessions) endOthers(s *session) {
	all.mu.Lock()
	defer all.mu.Unlock()
	for id, other := range all.byID {
		if other != s && other.user.ID == s.user.ID {
			delete(all.byID, id)
		}
	}
}

// random is 260 bits, as text.
func random() string { return rand.Text() + rand.Text() }
