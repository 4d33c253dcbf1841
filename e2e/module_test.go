package e2e_test

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/cofactor-mfa/cofactor/e2e/chromiumtest"
	"github.com/cofactor-mfa/cofactor/e2e/sitetest"
	"github.com/cofactor-mfa/cofactor/provider/webauthn"
)

// without opens the page and takes something from its browser, as if that were older. The module looks for things when it needs them.
func without(t *testing.T, script string) *chromiumtest.Tab {
	t.Helper()
	tab := chromiumtest.Open(t, sitetest.Page(t))
	again(tab, script)
	return tab
}

// again does so in a tab that is there, with the page as new.
func again(tab *chromiumtest.Tab, script string) {
	tab.Reload()
	tab.WaitText(said, "ready")
	chromiumtest.Eval[bool](tab, `(() => { `+script+`; return true; })()`)
}

const noJSON = `delete PublicKeyCredential.parseCreationOptionsFromJSON; delete PublicKeyCredential.parseRequestOptionsFromJSON;
	delete PublicKeyCredential.prototype.toJSON;`

func TestABrowserThatKnowsNoJSONDoesEverything(t *testing.T) {
	t.Parallel()
	_, tab := visit(t)
	old := func() { again(tab, noJSON) }
	old()
	if got := chromiumtest.Eval[string](tab, `typeof PublicKeyCredential.parseCreationOptionsFromJSON + typeof PublicKeyCredential.prototype.toJSON`); got != "undefinedundefined" {
		t.Fatalf("the browser still knows JSON: %s", got)
	}
	phone := tab.Phone()
	enrol(tab, "peggy")
	tab.Click("#add-signed-in") // excludeCredentials is decoded
	tab.WaitText(said, "passkey_exists")
	leave(tab)
	old()
	password(tab, "peggy")
	tab.Click("#second")
	tab.WaitText(said, "In: id-of-peggy, level 2")
	for _, button := range []string{"#passkey", "#autofill"} {
		leave(tab)
		old()
		tab.Click(button)
		tab.WaitText(said, "In: id-of-peggy")
	}
	if n := len(phone.Credentials()); n != 1 {
		t.Errorf("%d credentials on the phone, want 1", n)
	}
}

// An old key answers only if it is named, so the list of keys has to be decoded too.
func TestABrowserThatKnowsNoJSONNamesTheKeys(t *testing.T) {
	t.Parallel()
	_, tab := visit(t, func(c *webauthn.Config) { c.Preset = webauthn.SecurityKeys })
	tab.OldKey()
	again(tab, noJSON)
	enrol(tab, "quentin")
	leave(tab)
	again(tab, noJSON)
	password(tab, "quentin")
	tab.Click("#second")
	tab.WaitText(said, "In: id-of-quentin, level 2")
}

// What the fallback sends is, member by member, what the browser itself would have sent.
func TestTheFallbackSendsWhatTheBrowserWould(t *testing.T) {
	t.Parallel()
	tab := without(t, "")
	tab.Phone()
	members := func(script string) [2]string {
		again(tab, script)
		var found [2]string
		for i, call := range []string{
			`create({challenge: 'AAAAAAAAAAAAAAAAAAAAAA', rp: {name: 'x'}, user: {id: 'AAAA', name: 'x', displayName: 'x'}, extensions: {credProps: true},
				pubKeyCredParams: [{type: 'public-key', alg: -7}], authenticatorSelection: {residentKey: 'required', userVerification: 'required'}})`,
			`get({challenge: 'AAAAAAAAAAAAAAAAAAAAAA'})`,
		} {
			found[i] = chromiumtest.Eval[string](tab, `passkeys.`+call+`.then((r) => [
				...Object.keys(r), ...Object.entries(r.response).map(([k, v]) => k + ':' + typeof v), JSON.stringify(r.clientExtensionResults), typeof r.rawId, r.type,
				'base64url:' + [r.rawId, r.id, ...Object.values(r.response)].every((v) => typeof v !== 'string' || /^[\w-]*$/.test(v)),
				atob(r.response.clientDataJSON.replace(/-/g, '+').replace(/_/g, '/')).slice(0, 80),
			].sort().join(' '))`)
		}
		return found
	}
	native, fallback := members(""), members(noJSON)
	for i := range native {
		// These are for servers that cannot read an attestation object; ours can.
		want := strings.Fields(native[i])
		want = slices.DeleteFunc(want, func(m string) bool {
			return i == 0 && (m == "publicKey:string" || m == "publicKeyAlgorithm:number" || m == "authenticatorData:string")
		})
		if got := strings.Fields(fallback[i]); !slices.Equal(got, want) {
			t.Errorf("the fallback sends\n%v, the browser\n%v", got, want)
		}
	}
}

// Some password managers put objects of their own in the place of the browser's, whose toJSON throws.
func TestAnObjectWhoseToJSONThrowsIsReadByHand(t *testing.T) {
	t.Parallel()
	_, tab := visit(t)
	again(tab, `PublicKeyCredential.prototype.toJSON = () => { throw new TypeError('Illegal invocation'); };`)
	tab.Phone()
	enrol(tab, "rupert")
}

func TestABrowserWithoutPasskeysIsToldApart(t *testing.T) {
	t.Parallel()
	tab := without(t, `delete globalThis.PublicKeyCredential;`)
	if got := chromiumtest.Eval[string](tab, `passkeys.support().then(JSON.stringify)`); got != `{"passkeys":false,"platform":false,"autofill":false,"signals":false}` {
		t.Errorf("support() is %s", got)
	}
	for _, call := range []string{`create({})`, `get({})`, `autofill(() => ({}))`} {
		if got := chromiumtest.Eval[string](tab, `passkeys.`+call+`.catch((e) => e.name + ' ' + e.id)`); got != "PasskeyError passkey_unsupported" {
			t.Errorf("%s rejects with %q", call, got)
		}
	}
	if chromiumtest.Eval[bool](tab, `passkeys.signal({rpId: 'localhost', credentialId: 'AAAA'})`) {
		t.Error("signal says that it was taken")
	}
}

func TestSupportSaysWhatTheBrowserHas(t *testing.T) {
	t.Parallel()
	const all = `{"passkeys":true,"platform":true,"autofill":true,"signals":true}`
	tab := without(t, "")
	tab.Phone()
	for name, script := range map[string]string{
		"capabilities": ``,
		"older":        `delete PublicKeyCredential.getClientCapabilities;`,
		"broken":       `PublicKeyCredential.getClientCapabilities = () => Promise.reject(new Error('no'));`,
	} {
		again(tab, script)
		if got := chromiumtest.Eval[string](tab, `passkeys.support().then(JSON.stringify)`); got != all {
			t.Errorf("%s: support() is %s, want %s", name, got, all)
		}
	}
	again(tab, `delete PublicKeyCredential.getClientCapabilities; delete PublicKeyCredential.isConditionalMediationAvailable;
		delete PublicKeyCredential.signalUnknownCredential; PublicKeyCredential.isUserVerifyingPlatformAuthenticatorAvailable = () => { throw new Error('no'); };`)
	if got := chromiumtest.Eval[string](tab, `passkeys.support().then(JSON.stringify)`); got != `{"passkeys":true,"platform":false,"autofill":false,"signals":false}` {
		t.Errorf("an old browser: support() is %s", got)
	}
	if got := chromiumtest.Eval[string](tab, `passkeys.autofill(() => ({})).catch((e) => e.id)`); got != "passkey_unsupported" {
		t.Errorf("an old browser: autofill rejects with %q", got)
	}
}

func TestErrorsOfTheBrowserAreSentencesOfThePage(t *testing.T) {
	t.Parallel()
	tab := without(t, ``)
	for thrown, want := range map[string][2]string{ // from create, from get
		`new DOMException('', 'NotAllowedError')`:        {"passkey_cancelled", "passkey_cancelled"},
		`new DOMException('', 'InvalidStateError')`:      {"passkey_exists", "passkey_failed"},
		`new DOMException('', 'SecurityError')`:          {"passkey_wrong_address", "passkey_wrong_address"},
		`new DOMException('', 'NotSupportedError')`:      {"passkey_unsupported", "passkey_unsupported"},
		`new DOMException('', 'ConstraintError')`:        {"passkey_unsupported", "passkey_unsupported"},
		`new DOMException('', 'AbortError')`:             {"passkey_aborted", "passkey_aborted"},
		`new DOMException('', 'UnknownError')`:           {"passkey_failed", "passkey_failed"},
		`Object.assign(new Error(), {name: 'toString'})`: {"passkey_failed", "passkey_failed"},
		`new TypeError('x')`:                             {"passkey_failed", "passkey_failed"},
		`undefined`:                                      {"passkey_failed", "passkey_failed"},
	} {
		for i, call := range []string{"create", "get"} {
			script := fmt.Sprintf(`(() => {
				const thrown = %s;
				navigator.credentials.create = navigator.credentials.get = () => Promise.reject(thrown);
				return passkeys.%s({challenge: 'AAAA', user: {id: 'AAAA', name: '', displayName: ''}, rp: {name: ''}, pubKeyCredParams: []})
					.catch((e) => e.id + ' ' + (e.cause === thrown) + ' ' + (e instanceof passkeys.PasskeyError));
			})()`, thrown, call)
			if got := chromiumtest.Eval[string](tab, script); got != want[i]+" true true" {
				t.Errorf("%s from %s is %q, want %q with its cause", thrown, call, got, want[i])
			}
		}
	}
	if got := chromiumtest.Eval[string](tab, `navigator.credentials.get = async () => null, passkeys.get({challenge: 'AAAA'}).catch((e) => e.id)`); got != "passkey_cancelled" {
		t.Errorf("no credential and no error is %q", got)
	}
	if got := chromiumtest.Eval[string](tab, `passkeys.get({challenge: '%'}).catch((e) => e.id)`); got != "passkey_failed" {
		t.Errorf("options that are none are %q", got)
	}
}

// recorded replaces the browser's calls by ones that only settle when they are aborted, and write down what happens.
const recorded = `globalThis.log = [];
	for (const name of ['create', 'get']) navigator.credentials[name] = ({signal, mediation}) => new Promise((_, reject) => {
		log.push(name + (mediation ? ' ' + mediation : ''));
		signal.addEventListener('abort', () => { log.push('abort'); setTimeout(() => { log.push('over'); reject(signal.reason); }, 20); });
	});
	globalThis.options = {challenge: 'AAAA', user: {id: 'AAAA', name: '', displayName: ''}, rp: {name: ''}, pubKeyCredParams: []};
	globalThis.until = async (n) => { while (log.length < n) await new Promise((r) => setTimeout(r, 5)); };
	globalThis.ids = [];
	globalThis.note = (p) => p.catch((e) => ids.push(e.id));`

func TestAPageHasOneCeremonyAtATime(t *testing.T) {
	t.Parallel()
	tab := without(t, "")
	for name, c := range map[string]struct{ script, log, ids string }{
		"a button ends the offer, and begins when it is over": {
			`note(passkeys.autofill(() => options)); await until(1); note(passkeys.create(options)); await until(4);`,
			"get conditional,abort,over,create", "passkey_aborted",
		},
		"a second click ends the first": {
			`note(passkeys.get(options)); await until(1); note(passkeys.get(options)); await until(4);`,
			"get,abort,over,get", "passkey_aborted",
		},
		"of three at once the last one runs": {
			`note(passkeys.get(options)); note(passkeys.get(options)); note(passkeys.create(options)); await until(1);`,
			"create", "passkey_aborted,passkey_aborted",
		},
		"abort ends whatever there is": {
			`note(passkeys.get(options)); await until(1); passkeys.abort(); await until(3);`,
			"get,abort,over", "passkey_aborted",
		},
		"a click while an offer is being renewed ends it for good": {
			`note(passkeys.autofill(() => ({...options, timeout: 100}))); await until(2); note(passkeys.get(options)); await until(4);
			await new Promise((r) => setTimeout(r, 150));`,
			"get conditional,abort,over,get", "passkey_aborted",
		},
		"a browser that calls an aborted ceremony cancelled": {
			`navigator.credentials.get = ({signal}) => new Promise((_, reject) =>
				signal.addEventListener('abort', () => reject(new DOMException('', 'NotAllowedError'))));
			note(passkeys.get(options)); await new Promise((r) => setTimeout(r, 50)); passkeys.abort(); while (!ids.length) await new Promise((r) => setTimeout(r, 5));`,
			"", "passkey_aborted",
		},
		"abort of nothing is nothing": {
			`passkeys.abort(); note(passkeys.get(options)); await until(1);`,
			"get", "",
		},
		"an offer whose options never come is in nobody's way": {
			`note(passkeys.autofill(() => new Promise(() => {}))); await new Promise((r) => setTimeout(r, 50)); note(passkeys.create(options)); await until(1);`,
			"create", "passkey_aborted",
		},
		"an offer of an extension that never lets go is not waited for any longer": {
			`navigator.credentials.get = () => { log.push('get'); return new Promise(() => {}); };
			note(passkeys.autofill(() => options)); await until(1); note(passkeys.create(options)); await until(2);`,
			"get,create", "passkey_aborted",
		},
		"options that cannot be had": {
			`note(passkeys.autofill(() => Promise.reject(new Error('offline')))); while (!ids.length) await new Promise((r) => setTimeout(r, 5));`,
			"", "passkey_failed",
		},
	} {
		t.Run(name, func(t *testing.T) {
			again(tab, recorded)
			got := chromiumtest.Eval[[]string](tab, `(async () => { `+c.script+` return [log.join(), ids.join()]; })()`)
			if got[0] != c.log || got[1] != c.ids {
				t.Errorf("the browser saw %q and the page %q, want %q and %q", got[0], got[1], c.log, c.ids)
			}
		})
	}
}

// A page that was opened before lunch offers passkeys for a challenge that is alive.
func TestAnOfferIsRenewedBeforeItsChallengeExpires(t *testing.T) {
	t.Parallel()
	tab := without(t, recorded)
	got := chromiumtest.Eval[[]string](tab, `(async () => {
		let loads = 0;
		note(passkeys.autofill(async () => { loads++; return {...options, timeout: 100}; }));
		await until(7);
		const before = loads;
		note(passkeys.get(options));
		await until(10);
		await new Promise((r) => setTimeout(r, 300));
		return [log.join(), ids.join(), String(before), String(loads)];
	})()`)
	want := []string{
		"get conditional,abort,over,get conditional,abort,over,get conditional,abort,over,get", "passkey_aborted", "3", "3",
	}
	if !slices.Equal(got, want) {
		t.Errorf("the browser and the page saw\n%q, want\n%q", got, want)
	}
}

func TestSignalsGoWhereTheyBelongAndNeverThrow(t *testing.T) {
	t.Parallel()
	tab := without(t, `globalThis.told = [];
		for (const name of ['signalUnknownCredential', 'signalAllAcceptedCredentials', 'signalCurrentUserDetails'])
			PublicKeyCredential[name] = async (o) => { told.push(name + ' ' + Object.keys(o).length); if (o.rpId === 'evil') throw new TypeError('no'); };`)
	const (
		unknown  = `{rpId: 'localhost', credentialId: 'AAAA'}`
		accepted = `{rpId: 'localhost', userId: 'AAAA', allAcceptedCredentialIds: []}`
		details  = `{rpId: 'localhost', userId: 'AAAA', name: 'a', displayName: 'A'}`
	)
	for payload, want := range map[string]string{
		unknown:                             "true signalUnknownCredential 2",
		accepted:                            "true signalAllAcceptedCredentials 3",
		details:                             "true signalCurrentUserDetails 4",
		`[` + unknown + `,` + details + `]`: "true signalUnknownCredential 2,signalCurrentUserDetails 4",
		`{all_accepted_credentials: ` + accepted + `, current_user_details: ` + details + `}`: "true signalAllAcceptedCredentials 3,signalCurrentUserDetails 4",
		`[{rpId: 'evil', credentialId: 'AAAA'}, ` + details + `]`:                             "false signalUnknownCredential 2,signalCurrentUserDetails 4",
		`{rpId: 'localhost'}`: "false ",
		`null`:                "false ", `undefined`: "false ", `'x'`: "false ", `{}`: "false ", `[]`: "false ",
	} {
		got := chromiumtest.Eval[string](tab, `(told.length = 0, passkeys.signal(`+payload+`).then((ok) => ok + ' ' + told.join()))`)
		if got != want {
			t.Errorf("signal(%s) is %q, want %q", payload, got, want)
		}
	}
}

func TestARenamedUserIsRenamedInThePasswordManager(t *testing.T) {
	t.Parallel()
	_, tab := visit(t)
	phone := tab.Phone()
	enrol(tab, "sybil")
	c := phone.Credentials()[0]
	if c.UserName != "sybil" || c.UserDisplayName != "SYBIL" {
		t.Errorf("the phone has %q, %q", c.UserName, c.UserDisplayName)
	}
	told := chromiumtest.Eval[bool](tab, fmt.Sprintf(`passkeys.signal({rpId: 'localhost', userId: '%s', name: 'sybil@new.example', displayName: 'Sybil'})`, b64(c.UserHandle)))
	if c = phone.Credentials()[0]; !told || c.UserName != "sybil@new.example" {
		t.Errorf("told: %v; the phone has %q", told, c.UserName)
	}
}
func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
