package twilioverify_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cofactor-mfa/cofactor/challenge"
	"github.com/cofactor-mfa/cofactor/factor"
	"github.com/cofactor-mfa/cofactor/internal/twiliotest"
	"github.com/cofactor-mfa/cofactor/keyset"
	"github.com/cofactor-mfa/cofactor/policy"
	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/provider/sentcode"
	"github.com/cofactor-mfa/cofactor/provider/sms"
	"github.com/cofactor-mfa/cofactor/provider/sms/twilio"
	"github.com/cofactor-mfa/cofactor/provider/sms/twilioverify"
	"github.com/cofactor-mfa/cofactor/registry"
)

const number = "+447911123456"

var now = time.Date(2030, time.March, 3, 9, 0, 0, 0, time.UTC)

// user is somebody at a Twilio that does as documented.
type user struct {
	*twilioverify.Provider
	*testing.T
	twilio *twiliotest.Server
}

func newUser(t *testing.T) user {
	s := twiliotest.New(t, twiliotest.Deletes)
	p, err := twilioverify.New(config(s))
	if err != nil {
		t.Fatal(err)
	}
	return user{p, t, s}
}

func typed(code string) json.RawMessage { return json.RawMessage(`{"code":"` + code + `"}`) }

// setup begins an enrolment and has the code sent.
func (u user) setup() provider.Prompt {
	u.Helper()
	p, err := u.SetupHook(u.Context(), provider.SetupRequest{Input: json.RawMessage(`{"phone":"+44 7911 123456"}`), Now: now})
	if err != nil {
		u.Fatal(err)
	}
	if err := p.Deliver.Send(u.Context()); err != nil {
		u.Fatal(err)
	}
	return p
}

func (u user) enrolled() provider.Factor {
	u.Helper()
	p := u.setup()
	e, err := u.SetupVerify(u.Context(), provider.SetupRequest{}, provider.Answer{Private: p.Private, Response: typed(u.twilio.Code(number))})
	if err != nil {
		u.Fatal(err)
	}
	return provider.Factor{ID: "f", Data: e.Data}
}

// login begins a login and has the code sent.
func (u user) login(f provider.Factor) (provider.LoginRequest, provider.Prompt) {
	u.Helper()
	req := provider.LoginRequest{Factors: []provider.Factor{f}, Now: now}
	p, err := u.LoginHook(u.Context(), req)
	if err != nil {
		u.Fatal(err)
	}
	if err := p.Deliver.Send(u.Context()); err != nil {
		u.Fatal(err)
	}
	return req, p
}

func (u user) answer(req provider.LoginRequest, p provider.Prompt, code string) (provider.Match, error) {
	return u.LoginVerify(u.Context(), req, provider.Answer{Private: p.Private, Response: typed(code)})
}

func wrong(code string) string { return code[:len(code)-1] + string('0'+(code[len(code)-1]-'0'+1)%10) }

func TestACodeWorksOnce(t *testing.T) { // attack: A-23
	t.Parallel()
	u := newUser(t)
	f := u.enrolled()
	req, p := u.login(f)
	code := u.twilio.Code(number)
	if _, err := u.answer(req, p, wrong(code)); !errors.Is(err, provider.ErrRejected) {
		t.Fatalf("a wrong code: %v", err)
	}
	m, err := u.answer(req, p, code)
	if err != nil || m.FactorID != f.ID {
		t.Fatalf("the right code: %+v, %v", m.FactorID, err)
	}
	if _, err := u.answer(req, p, code); !errors.Is(err, provider.ErrRejected) {
		t.Errorf("the same again, which Twilio does not find: %v", err)
	}
	if r := u.twilio.Requests(); r[len(r)-1].Form.Get("To") != number || r[len(r)-1].Path != "/v2/Services/"+twiliotest.ServiceSID+"/VerificationCheck" {
		t.Errorf("the check went to %s with %v", r[len(r)-1].Path, r[len(r)-1].Form)
	}
}

// Twilio gives two challenges for one number one verification. Whichever is answered first uses it up for both, whatever Twilio remembers.
func TestOneVerificationCountsInOneChallenge(t *testing.T) { // attack
	t.Parallel()
	s := twiliotest.New(t, twiliotest.Keeps)
	p, err := twilioverify.New(config(s))
	if err != nil {
		t.Fatal(err)
	}
	u := user{p, t, s}
	f := u.enrolled()
	first, promptOfFirst := u.login(f)
	second, promptOfSecond := u.login(f)
	code := s.Code(number)
	m, err := u.answer(first, promptOfFirst, code)
	if err != nil {
		t.Fatal(err)
	}
	second.Factors = []provider.Factor{{ID: f.ID, Data: m.Data}}
	if _, err := u.answer(second, promptOfSecond, code); !errors.Is(err, provider.ErrRejected) {
		t.Errorf("one verification was accepted in two challenges: %v", err)
	}
	if _, err := u.answer(first, promptOfFirst, code); err != nil {
		t.Errorf("this Twilio was to approve for ever, or the test proves nothing: %v", err)
	}
}

// What Twilio does not know any more is wrong, and that is a verdict.
func TestAVerificationThatIsOverRejects(t *testing.T) {
	t.Parallel()
	u := newUser(t)
	f := u.enrolled()
	req, p := u.login(f)
	code := u.twilio.Code(number)
	u.twilio.Expire(number)
	if _, err := u.answer(req, p, code); !errors.Is(err, provider.ErrRejected) {
		t.Errorf("expired: %v", err)
	}
	req, p = u.login(f)
	code = u.twilio.Code(number)
	for i := range 5 {
		if _, err := u.answer(req, p, wrong(code)); !errors.Is(err, provider.ErrRejected) {
			t.Errorf("wrong code %d: %v", i+1, err)
		}
	}
	if _, err := u.answer(req, p, code); !errors.Is(err, provider.ErrRejected) {
		t.Errorf("the right code after five wrong ones: %v", err)
	}
	for _, status := range []string{"canceled", "expired", "max_attempts_reached", "deleted", "failed", "pending"} {
		u.twilio.Next(twiliotest.Reply{Status: http.StatusOK, Body: `{"status":"` + status + `","valid":true,"to":"` + number + `"}`})
		if _, err := u.answer(req, p, code); !errors.Is(err, provider.ErrRejected) {
			t.Errorf("a verification that is %s: %v", status, err)
		}
	}
}

// What is no verdict is neither a yes nor a no.
func TestATwilioThatGivesNoVerdictGivesNone(t *testing.T) { // attack: A-124
	t.Parallel()
	const sid = `"sid":"VE00000000000000000000000000000009","service_sid":"` + twiliotest.ServiceSID + `",`
	for name, reply := range map[string]twiliotest.Reply{
		"a server error":               {Code: 20500},
		"too many requests":            {Code: 20429},
		"the wrong credentials":        {Code: 20003},
		"an invalid parameter":         {Code: 60200},
		"a gateway's page":             {Status: http.StatusBadGateway, Body: number},
		"not found, by a gateway":      {Status: http.StatusNotFound, Body: "<html>"},
		"an approval cut off":          {Status: http.StatusOK, Body: `{"status":"approved",`, Cut: true},
		"an empty success":             {Status: http.StatusOK, Body: `{}`},
		"a success that is null":       {Status: http.StatusOK, Body: `null`},
		"valid, without a status":      {Status: http.StatusOK, Body: `{` + sid + `"to":"` + number + `","valid":true}`},
		"an unheard-of status":         {Status: http.StatusOK, Body: `{` + sid + `"to":"` + number + `","status":"Approved"}`},
		"an approval without a number": {Status: http.StatusOK, Body: `{` + sid + `"status":"approved"}`},
		"another number's approval":    {Status: http.StatusOK, Body: `{` + sid + `"to":"+447911123457","status":"approved"}`},
		"an approval without a SID":    {Status: http.StatusOK, Body: `{"to":"` + number + `","status":"approved","service_sid":"` + twiliotest.ServiceSID + `"}`},
		"another service's approval":   {Status: http.StatusOK, Body: `{"sid":"VE00000000000000000000000000000009","to":"` + number + `","status":"approved"}`},
		"a redirect":                   {To: "/approved"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			u := newUser(t)
			f := u.enrolled()
			req, p := u.login(f)
			code, before := u.twilio.Code(number), len(u.twilio.Requests())
			u.twilio.Next(reply)
			m, err := u.answer(req, p, code)
			if err == nil || errors.Is(err, provider.ErrRejected) || errors.Is(err, provider.ErrInvalid) || errors.Is(err, provider.ErrCompromised) {
				t.Errorf("it is taken for a verdict: %v", err)
			}
			if m.FactorID != "" || m.Data != nil {
				t.Error("something matched")
			}
			if n := len(u.twilio.Requests()) - before; n != 1 {
				t.Errorf("Twilio was asked %d times; each time may use the code up", n)
			}
			for _, secret := range []string{number, code, twiliotest.Secret} {
				if said := fmt.Sprintf("%v %+v", err, err); strings.Contains(said, secret) {
					t.Errorf("the error tells %q: %s", secret, said)
				}
			}
			if _, err := u.answer(req, p, code); err != nil {
				t.Errorf("and later, when Twilio works again: %v", err)
			}
		})
	}
}

func TestWhatCannotBeACodeReachesNoTwilio(t *testing.T) {
	t.Parallel()
	u := newUser(t)
	req, p := u.login(u.enrolled())
	before := len(u.twilio.Requests())
	for _, code := range []string{"", "1", "12345", "1234567", "12345a", "１２３４５６"} {
		if _, err := u.answer(req, p, code); !errors.Is(err, provider.ErrRejected) && !errors.Is(err, provider.ErrInvalid) {
			t.Errorf("the code %q: %v", code, err)
		}
	}
	if n := len(u.twilio.Requests()) - before; n != 0 {
		t.Errorf("Twilio was asked %d times, and each was one of its five attempts", n)
	}
}

func TestASendThatFailsSaysWhy(t *testing.T) { // attack: A-137
	t.Parallel()
	u := newUser(t)
	p := u.setup()
	for code, want := range map[int]error{
		60203: sentcode.ErrTemporary, 20429: sentcode.ErrTemporary, 20500: sentcode.ErrTemporary, 60205: sms.BadNumber, 21408: sms.BadNumber, 60410: sentcode.ErrPermanent,
	} {
		u.twilio.Next(twiliotest.Reply{Code: code})
		err := p.Deliver.Send(t.Context())
		noted := (*provider.SendError)(nil)
		if !errors.Is(err, want) || !errors.As(err, &noted) || noted.Note != fmt.Sprintf("twilio %d", code) || strings.Contains(err.Error(), number) {
			t.Errorf("%d ends with %v", code, err)
		}
	}
	for _, body := range []string{`{}`, `{"status":"pending"}`, `{"status":"canceled","sid":"VE00000000000000000000000000000009"}`, `{"sta`} {
		u.twilio.Next(twiliotest.Reply{Status: http.StatusCreated, Body: body})
		if err := p.Deliver.Send(t.Context()); !errors.Is(err, sentcode.ErrTemporary) {
			t.Errorf("the reply %s counts as sent: %v", body, err)
		}
	}
}

func TestACountryThatIsTakenFromTheListGetsNothing(t *testing.T) { // attack: A-130
	t.Parallel()
	u := newUser(t)
	f := u.enrolled()
	cfg := config(u.twilio)
	cfg.Numbers.Countries = []string{"+1"}
	p, err := twilioverify.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	before := len(u.twilio.Requests())
	prompt, err := p.LoginHook(t.Context(), provider.LoginRequest{Factors: []provider.Factor{f}, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	if err := prompt.Deliver.Send(t.Context()); !errors.Is(err, sms.BadNumber) || len(u.twilio.Requests()) != before {
		t.Errorf("it ended with %v", err)
	}
}

func TestTheLanguageIsOneOfTwilios(t *testing.T) {
	t.Parallel()
	u := newUser(t)
	for locale, want := range map[string]string{"de-AT": "de", "EN": "en", "pt-br": "pt-BR", "ar": "ar", "tlh": "", "": "", "en-XA": "en", "de&To=+1": "", "zh-HK": "zh-HK"} {
		p, err := u.SetupHook(t.Context(), provider.SetupRequest{User: provider.User{Locale: locale}, Input: json.RawMessage(`{"phone":"` + number + `"}`)})
		if err != nil {
			t.Fatal(err)
		}
		u.twilio.Expire(number)
		if err := p.Deliver.Send(t.Context()); err != nil {
			t.Fatal(err)
		}
		r := u.twilio.Requests()
		if got := r[len(r)-1].Form.Get("Locale"); got != want {
			t.Errorf("for %q Twilio is asked for %q, not %q", locale, got, want)
		}
	}
}

// A Twilio that is down lets nobody in, locks nobody out, and the code works when it is back.
func TestUnderARegistryNoVerdictIsNoCharge(t *testing.T) {
	t.Parallel()
	u := newUser(t)
	keys, err := keyset.Ephemeral()
	if err != nil {
		t.Fatal(err)
	}
	clock := now
	r, err := registry.New(registry.Config{
		AEAD: keys, Challenges: challenge.NewMemory(), Factors: factor.NewMemory(), Policy: policy.Required(), Pepper: make([]byte, 32),
		Attempts: 10, Now: func() time.Time { return clock }, Budgets: map[string]registry.Budget{"failures": {Limit: 2, Window: time.Hour, Max: time.Hour}},
	}, u.Provider)
	if err != nil {
		t.Fatal(err)
	}
	who := registry.Who{User: provider.User{ID: "alice"}, Binding: registry.NoBinding}
	login, err := r.StartLogin(t.Context(), registry.Start{Who: who, Primary: []string{"pwd"}, PrimaryAt: clock})
	if err != nil {
		t.Fatal(err)
	}
	ch, err := r.BeginSetup(t.Context(), registry.Enrol{Who: who, Pending: login.Pending, Kind: twilioverify.Kind, Input: json.RawMessage(`{"phone":"` + number + `"}`)})
	if err != nil {
		t.Fatal(err)
	}
	finish := registry.Finish{Who: who, Pending: login.Pending, Challenge: ch.ID, Response: typed(u.twilio.Code(number))}
	for i := range 5 {
		u.twilio.Next(twiliotest.Reply{Code: 20500})
		if _, err := r.FinishSetup(t.Context(), finish); !errors.Is(err, registry.ErrUnavailable) {
			t.Fatalf("set-up %d with a Twilio that is down: %v", i+1, err)
		}
	}
	done, err := r.FinishSetup(t.Context(), finish)
	if err != nil || !done.Satisfied {
		t.Fatalf("and when it is up again: %v", err)
	}
	clock = clock.Add(time.Hour)
	if login, err = r.StartLogin(t.Context(), registry.Start{Who: who, Primary: []string{"pwd"}, PrimaryAt: clock}); err != nil {
		t.Fatal(err)
	}
	if ch, err = r.BeginLogin(t.Context(), registry.Begin{Who: who, Pending: login.Pending, Kind: twilioverify.Kind}); err != nil {
		t.Fatal(err)
	}
	finish = registry.Finish{Who: who, Pending: login.Pending, Challenge: ch.ID, Response: typed(u.twilio.Code(number))}
	for i := range 5 {
		u.twilio.Next(twiliotest.Reply{Code: 20429})
		if _, err := r.FinishLogin(t.Context(), finish); !errors.Is(err, registry.ErrUnavailable) {
			t.Fatalf("login %d with a Twilio that is overloaded: %v", i+1, err)
		}
	}
	if done, err = r.FinishLogin(t.Context(), finish); err != nil || !done.Satisfied {
		t.Errorf("and when it is not: %v", err)
	}
	if _, err = r.FinishLogin(t.Context(), finish); !errors.Is(err, registry.ErrChallengeGone) {
		t.Errorf("the same again: %v", err)
	}
}

// What was stored by this version must be read by every later one.
func TestStoredFormats(t *testing.T) {
	t.Parallel()
	u := newUser(t)
	data, private := golden(t, "factor-v1.hex"), golden(t, "challenge-v1.hex")
	req := provider.LoginRequest{Factors: []provider.Factor{{ID: "f", Data: data}}, Previous: private, Now: now}
	p, err := u.LoginHook(t.Context(), req)
	if err != nil || !bytes.Equal(p.Private, private) {
		t.Fatalf("a challenge of format 1 is %x again (%v)", p.Private, err)
	}
	if err := p.Deliver.Send(t.Context()); err != nil {
		t.Fatal(err)
	}
	m, err := u.answer(req, p, u.twilio.Code(number))
	if err != nil {
		t.Fatalf("a factor of format 1 does not work: %v", err)
	}
	if len(m.Data) != len(data) || m.Data[0] != 1 {
		t.Errorf("format 1 is written as %x now", m.Data)
	}
}

func golden(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	b, err := hex.DecodeString(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func FuzzRecords(f *testing.F) {
	p, err := twilioverify.New(config(&twiliotest.Server{URL: "http://127.0.0.1:1"}))
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte("\x01\x0d+447911123456"), []byte{1}, []byte(typed("123456")))
	f.Fuzz(func(t *testing.T, data, private, response []byte) {
		_, _ = p.LoginHook(t.Context(), provider.LoginRequest{Factors: []provider.Factor{{ID: "f", Data: data}}, Previous: private})
		m, err := p.LoginVerify(t.Context(), provider.LoginRequest{Factors: []provider.Factor{{ID: "f", Data: data}}}, provider.Answer{Private: private, Response: response})
		if err == nil || m.FactorID != "" {
			t.Error("with nobody to ask, something matched")
		}
	})
}

func TestNewReportsEveryFault(t *testing.T) {
	t.Parallel()
	_, err := twilioverify.New(twilioverify.Config{Digits: 4, Shown: 9, Service: "VA1"})
	for _, fault := range []string{"Account.SID", "Account.Secret", "Numbers.Countries", "Config.Service", "Config.Digits", "Config.Shown"} {
		if err == nil || !strings.Contains(err.Error(), fault) {
			t.Errorf("the fault of %s is not reported: %v", fault, err)
		}
	}
}

func TestACheckStartsNothing(t *testing.T) {
	t.Parallel()
	u := newUser(t)
	if err := u.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	u.twilio.Next(twiliotest.Reply{Code: 20404})
	if fault := (*twilio.Error)(nil); !errors.As(u.Check(t.Context()), &fault) || fault.Status != http.StatusNotFound {
		t.Errorf("the service is not there, and the check says %v", fault)
	}
	for _, r := range u.twilio.Requests() {
		if r.Path != "/v2/Services/"+twiliotest.ServiceSID || len(r.Form) != 0 {
			t.Errorf("the check made %+v", r)
		}
	}
}
