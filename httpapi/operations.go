package httpapi

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/registry"
)

// What clients send. A member without omitempty is required. Who somebody is and what they have proved is in none of it: the session knows. // attack: A-77
type (
	pickBody struct {
		Factor string `json:"factor,omitempty" doc:"one of the choices"`
		Kind   string `json:"kind,omitempty" doc:"in its place, if the user has one factor of the kind"`
	}
	confirmBody struct {
		Factor string `json:"factor,omitempty" doc:"one of the factors"`
		Kind   string `json:"kind,omitempty" doc:"in its place, if the user has one factor of the kind"`
		Action string `json:"action,omitempty" doc:"what the proof is for, and nothing else: the action of the problem step_up_required; left out for changes to factors"`
	}
	passkeyBody struct {
		Kind string `json:"kind,omitempty" doc:"a kind that finds its user by the answer: webauthn, if it is left out"`
	}
	answerBody struct {
		Challenge string          `json:"challenge" doc:"the challenge's id"`
		Response  json.RawMessage `json:"response" doc:"what the kind of factor takes: {\"code\":\"123456\"}, {\"saved\":true}, or what the browser made of a passkey prompt"`
	}
	loginAnswerBody struct {
		Challenge string          `json:"challenge" doc:"the challenge's id"`
		Response  json.RawMessage `json:"response" doc:"what the kind of factor takes: {\"code\":\"123456\"}, {\"saved\":true}, or what the browser made of a passkey prompt"`
		Trust     bool            `json:"trust,omitempty" doc:"do not ask again on this browser for trust_days, because the user has said so"`
		Label     string          `json:"label,omitempty" doc:"the browser's name in lists"`
	}
	setupBody struct {
		Kind     string          `json:"kind" doc:"of the new factor"`
		Input    json.RawMessage `json:"input,omitempty" doc:"what the kind has to know first: {\"phone\":\"+44 7700 900123\"}, {\"email\":\"a@example.com\"}"`
		Label    string          `json:"label,omitempty" doc:"the user's name for it"`
		Replaces string          `json:"replaces,omitempty" doc:"a factor whose place it takes, without a moment in which neither works"`
	}
	challengeBody struct {
		Challenge string `json:"challenge" doc:"the challenge's id"`
	}
	factorBody struct {
		Label   *string `json:"label,omitempty" doc:"the new name"`
		Default *bool   `json:"default,omitempty" doc:"true: the factor that a login offers first"`
	}
)

func (b answerBody) answer() Answer { return Answer{Challenge: b.Challenge, Response: b.Response} }

func (b loginAnswerBody) answer() Answer {
	return Answer(b)
}

// operations is the table of everything that can be asked for.
func (h *Handler) operations() []operation {
	const ok, created = http.StatusOK, http.StatusCreated
	list := []operation{
		{"GET", "session", "getSession", "What now: who is here, and what is left to prove", ok, does(whatNow), nil},
		{"DELETE", "session", "signOut", "Sign out. The browser stays trusted, if it is", ok, does(signOut), nil},
		{"POST", "login", "beginLogin", "Begin to ask for a factor of the login that is pending", created, takes(beginLogin), begins(registry.ErrChooseFactor)},
		{"POST", "login/answer", "answerLogin", "Answer it, and be signed in if nothing is left", ok, takes(answerLogin), answers()},
		{
			"POST", "passkey", "beginPasskey", "Begin to ask for a passkey of whoever it is of", created, takes(beginPasskey),
			[]registry.Code{registry.ErrUnknownKind, registry.ErrLoginRequired, registry.ErrPolicyForbids},
		},
		{
			"POST", "passkey/answer", "answerPasskey", "Answer it, and be signed in if nothing is left", ok, takes(answerPasskey),
			[]registry.Code{registry.ErrUnknownKind, registry.ErrChallengeGone, registry.ErrRejected},
		},
		{
			"POST", "setup", "beginSetup", "Begin to attach a factor", created, takes(beginSetup),
			begins(registry.ErrStepUpRequired, registry.ErrNoEligibleFactor, registry.ErrFactorLimit),
		},
		{
			"POST", "setup/answer", "answerSetup", "Prove it, and have it attached", ok, takes(answerSetup),
			answers(registry.ErrStepUpRequired, registry.ErrFactorExists, registry.ErrFactorLimit),
		},
		{
			"POST", "step-up", "beginStepUp", "Begin a fresh proof of a factor", created, takes(beginStepUp),
			begins(registry.ErrStepUpRequired, registry.ErrNoEligibleFactor, registry.ErrChooseFactor),
		},
		{"POST", "step-up/answer", "answerStepUp", "Answer it", ok, takes(answerStepUp), answers(registry.ErrStepUpRequired)},
		{
			"POST", "challenge/resume", "resumeChallenge", "Show the prompt of a live challenge again, after a reload. Nothing is sent", ok, takes(resume),
			[]registry.Code{registry.ErrLoginRequired, registry.ErrChallengeGone, registry.ErrUnknownKind},
		},
		{
			"POST", "challenge/resend", "resendChallenge", "Send the message of a live challenge again: the same code", ok, takes(resend),
			[]registry.Code{registry.ErrLoginRequired, registry.ErrChallengeGone, registry.ErrUnknownKind, registry.ErrResendWait, registry.ErrSendFailed},
		},
		{"GET", "factors", "listFactors", "What the user has attached, trusted browsers and recovery codes included", ok, does(listFactors), signedInOnly()},
		{
			"PATCH", "factors/{factor}", "changeFactor", "Rename a factor, or make it the default", ok, takes(changeFactor),
			signedInOnly(registry.ErrNoFactor, registry.ErrPolicyForbids, registry.ErrFactorExists),
		},
		{
			"DELETE", "factors/{factor}", "removeFactor", "Detach a factor, or have a trusted browser asked again", ok, does(removeFactor),
			signedInOnly(registry.ErrNoFactor, registry.ErrPolicyForbids, registry.ErrNoEligibleFactor),
		},
		{"DELETE", "browsers", "forgetBrowsers", "Have every trusted browser asked again", ok, does(forgetBrowsers), signedInOnly(registry.ErrPolicyForbids)},
		{"GET", "openapi.json", "getDescription", "This description", ok, does(description), nil},
	}
	if h.cfg.Activity != nil {
		list = append(list, operation{
			"GET", "activity", "listActivity", "What has happened lately in the account, the newest first", ok, does(listActivity), signedInOnly(registry.ErrInvalid),
		})
	}
	return list
}

// begins are the codes of an operation that begins a challenge.
func begins(also ...registry.Code) []registry.Code {
	return append(also, registry.ErrLoginRequired, registry.ErrUnknownKind, registry.ErrNoFactor, registry.ErrPolicyForbids, registry.ErrLocked,
		registry.ErrResendWait, registry.ErrSendFailed)
}

// answers are the codes of one that takes an answer.
func answers(also ...registry.Code) []registry.Code {
	return append(also, registry.ErrLoginRequired, registry.ErrUnknownKind, registry.ErrChallengeGone, registry.ErrRejected, registry.ErrPolicyForbids,
		registry.ErrLocked)
}

// signedInOnly are the codes of one that is for those who are signed in.
func signedInOnly(also ...registry.Code) []registry.Code {
	return append(also, registry.ErrLoginRequired, registry.ErrStepUpRequired)
}

func description(v *Visit, _ string) (json.RawMessage, error) { return v.h.description, nil }

func whatNow(v *Visit, _ string) (stateDoc, error) {
	var left registry.Login
	var err error
	switch v.State() {
	case SignedIn:
		if err = v.Stands(); err == nil && v.Pending != "" { // a factor may be attached; if not any more, that is no news
			if left, err = v.Look(); errorIs(err, registry.ErrLoginRequired) {
				err = nil
			}
			left.Choices, left.AMR, left.AAL = nil, nil, 0
		}
	case Pending:
		left, err = v.Look()
	}
	if errorIs(err, registry.ErrLoginRequired) {
		return stateDoc{State: Anonymous}, nil
	}
	return v.state(left), err
}

func signOut(v *Visit, _ string) (stateDoc, error) { return stateDoc{State: Anonymous}, v.SignOut() }

func beginLogin(v *Visit, _ string, in pickBody) (*challengeDoc, error) {
	return v.begun(v.BeginLogin(in.Factor, in.Kind))
}

func answerLogin(v *Visit, _ string, in loginAnswerBody) (stateDoc, error) {
	return v.done(v.FinishLogin(in.answer()))
}

func beginPasskey(v *Visit, _ string, in passkeyBody) (*challengeDoc, error) {
	return v.begun(v.BeginPasskey(in.Kind))
}

func answerPasskey(v *Visit, _ string, in loginAnswerBody) (stateDoc, error) {
	return v.done(v.FinishPasskey(in.answer()))
}

func beginSetup(v *Visit, _ string, in setupBody) (*challengeDoc, error) {
	return v.begun(v.BeginSetup(Setup(in)))
}

func answerSetup(v *Visit, _ string, in answerBody) (stateDoc, error) {
	return v.done(v.FinishSetup(in.answer()))
}

func beginStepUp(v *Visit, _ string, in confirmBody) (*challengeDoc, error) {
	return v.begun(v.BeginStepUp(in.Factor, in.Kind, in.Action))
}

func answerStepUp(v *Visit, _ string, in answerBody) (stateDoc, error) {
	return v.done(v.FinishStepUp(in.answer()))
}

func resume(v *Visit, _ string, in challengeBody) (*challengeDoc, error) {
	return v.begun(v.Resume(in.Challenge))
}

func resend(v *Visit, _ string, in challengeBody) (*challengeDoc, error) {
	return v.begun(v.Resend(in.Challenge))
}

func listFactors(v *Visit, _ string) (factorsDoc, error) {
	attached, err := v.Factors()
	doc := factorsDoc{Factors: make([]factorDoc, len(attached))}
	for i, f := range attached {
		doc.Factors[i] = factorDoc{
			ID: f.ID, Kind: f.Kind, Label: f.Label, Hint: f.Hint, Role: roleOf(f), Created: f.Created, LastUsed: f.LastUsed, Expires: f.Expires,
			Default: f.Default, Usable: f.Usable, Current: f.Role == provider.Transient && f.ID == v.Browser,
		}
	}
	return doc, err
}

func changeFactor(v *Visit, id string, in factorBody) (stateDoc, error) {
	switch {
	case in.Label != nil && in.Default == nil:
		return v.done(v.Rename(id, *in.Label))
	case in.Default != nil && *in.Default && in.Label == nil:
		return v.done(v.SetDefault(id))
	}
	return stateDoc{}, &usage{"The body has to have a label, or default: true; one of the two."}
}

func removeFactor(v *Visit, id string) (stateDoc, error) { return v.done(v.Remove(id)) }

func forgetBrowsers(v *Visit, _ string) (stateDoc, error) { return v.done(v.ForgetBrowsers()) }

const someEvents, mostEvents = 20, 100

func listActivity(v *Visit, _ string) (activityDoc, error) {
	n := someEvents
	if q := v.r.URL.Query(); q.Has("n") {
		var err error
		if n, err = strconv.Atoi(q.Get("n")); err != nil || n < 1 || n > mostEvents {
			return activityDoc{}, &usage{"n has to be 1 to 100."}
		}
	}
	events, err := v.Activity(n)
	doc := activityDoc{Events: make([]eventDoc, 0, len(events))}
	for _, e := range events {
		doc.Events = append(doc.Events, eventDoc{
			At: e.At, Op: e.Op, Result: e.Result, Kind: e.Kind, Factor: e.Factor, Notice: e.Notice, Address: e.Address, Agent: e.Agent, Administrator: e.Actor != "",
		})
	}
	return doc, err
}

// begun is a challenge for the client.
func (v *Visit) begun(ch registry.Challenge, err error) (*challengeDoc, error) {
	if ch.ID == "" {
		return nil, err
	}
	return v.challenge(ch), err
}

// done is the state after a step.
func (v *Visit) done(l registry.Login, err error) (stateDoc, error) {
	if err != nil {
		return stateDoc{}, err
	}
	return v.state(l), nil
}

// factorsDoc and the types below are lists for the client.
type factorsDoc struct {
	Factors []factorDoc `json:"factors"`
}

type factorDoc struct {
	ID       string    `json:"id"`
	Kind     string    `json:"kind"`
	Label    string    `json:"label"`
	Hint     string    `json:"hint,omitempty" doc:"a masked address, or how many codes are left"`
	Role     string    `json:"role" enum:"ordinary,recovery,transient" doc:"recovery: backup codes; transient: trusted browsers"`
	Created  time.Time `json:"created"`
	LastUsed time.Time `json:"last_used,omitzero"`
	Expires  time.Time `json:"expires,omitzero"`
	Default  bool      `json:"default"`
	Usable   bool      `json:"usable"`
	Current  bool      `json:"current" doc:"the trusted browser that this is"`
}

func roleOf(f registry.Attached) string {
	switch f.Role {
	case provider.Recovery:
		return "recovery"
	case provider.Transient:
		return "transient"
	}
	return "ordinary"
}

type activityDoc struct {
	Events []eventDoc `json:"events"`
}

// eventDoc is an event as the account's owner may see it: without what is for operators only.
type eventDoc struct {
	At            time.Time `json:"at"`
	Op            string    `json:"op"`
	Result        string    `json:"result" doc:"ok, or the code of the error"`
	Kind          string    `json:"kind,omitempty"`
	Factor        string    `json:"factor,omitempty"`
	Notice        string    `json:"notice,omitempty" doc:"what the user was told of it"`
	Address       string    `json:"address,omitempty"`
	Agent         string    `json:"agent,omitempty"`
	Administrator bool      `json:"administrator" doc:"an administrator did it"`
}
