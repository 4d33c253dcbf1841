package chromiumtest

import (
	"context"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"
)

// Device is an authenticator that a tab has: the virtual one of Chromium's developer tools. It touches itself, and is whoever it should be.
type Device struct {
	tab *Tab
	id  webauthn.AuthenticatorID
}

// Phone adds an authenticator that is built in, verifies its user, and has passkeys that the browser finds by itself.
func (tab *Tab) Phone() *Device {
	tab.t.Helper()
	return tab.Device(webauthn.VirtualAuthenticatorOptions{
		Protocol: webauthn.AuthenticatorProtocolCtap2, Ctap2version: webauthn.Ctap2versionCtap21, Transport: webauthn.AuthenticatorTransportInternal,
		HasResidentKey: true, HasUserVerification: true, IsUserVerified: true, AutomaticPresenceSimulation: true,
		DefaultBackupEligibility: true, DefaultBackupState: true,
	})
}

// SecurityKey adds one that is plugged in, and asks for a PIN.
func (tab *Tab) SecurityKey() *Device {
	tab.t.Helper()
	return tab.Device(webauthn.VirtualAuthenticatorOptions{
		Protocol: webauthn.AuthenticatorProtocolCtap2, Transport: webauthn.AuthenticatorTransportUsb,
		HasResidentKey: true, HasUserVerification: true, IsUserVerified: true, AutomaticPresenceSimulation: true,
	})
}

// OldKey adds one that is plugged in, and only touched: no PIN, and no passkeys that the browser finds by itself.
func (tab *Tab) OldKey() *Device {
	tab.t.Helper()
	return tab.Device(webauthn.VirtualAuthenticatorOptions{
		Protocol: webauthn.AuthenticatorProtocolCtap2, Transport: webauthn.AuthenticatorTransportUsb, AutomaticPresenceSimulation: true,
	})
}

// Device adds any other.
func (tab *Tab) Device(o webauthn.VirtualAuthenticatorOptions) *Device {
	tab.t.Helper()
	call(tab, "enable authenticators", webauthn.Enable, webauthn.EnableParams{})
	added := call(tab, "add an authenticator", webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{Options: &o})
	return &Device{tab, added.AuthenticatorID}
}

// Credentials lists what is on the device.
func (d *Device) Credentials() []*webauthn.Credential {
	d.tab.t.Helper()
	return call(d.tab, "list credentials", webauthn.GetCredentials, webauthn.GetCredentialsParams{AuthenticatorID: d.id}).Credentials
}

// Add puts a credential on the device that was on one before.
func (d *Device) Add(c *webauthn.Credential) {
	d.tab.t.Helper()
	type credential struct { // cdproto's has members that Chromium lists, and does not take back
		ID           []byte  `json:"credentialId"`
		Discoverable bool    `json:"isResidentCredential"`
		RPID         string  `json:"rpId"`
		Key          []byte  `json:"privateKey"`
		UserHandle   []byte  `json:"userHandle"`
		Counter      float64 `json:"signCount"`
	}
	type params struct {
		Device     webauthn.AuthenticatorID `json:"authenticatorId"`
		Credential credential               `json:"credential"`
	}
	add := cdp.Command[params, cdp.Empty]{Method: webauthn.CommandAddCredential}
	call(d.tab, "add a credential", add, params{d.id, credential{c.CredentialID, c.IsResidentCredential, c.RpID, c.PrivateKey, c.UserHandle, c.SignCount}})
}

// Clear forgets every credential.
func (d *Device) Clear() {
	d.tab.t.Helper()
	call(d.tab, "clear credentials", webauthn.ClearCredentials, webauthn.ClearCredentialsParams{AuthenticatorID: d.id})
}

// Unplug takes the device away.
func (d *Device) Unplug() {
	d.tab.t.Helper()
	call(d.tab, "remove an authenticator", webauthn.RemoveVirtualAuthenticator, webauthn.RemoveVirtualAuthenticatorParams{AuthenticatorID: d.id})
}

// MistakeUser makes the device find, from now on, that somebody else holds it.
func (d *Device) MistakeUser() {
	d.tab.t.Helper()
	call(d.tab, "set verification", webauthn.SetUserVerified, webauthn.SetUserVerifiedParams{AuthenticatorID: d.id, IsUserVerified: false})
}

// AwaitTouch makes the device wait for a touch, which never comes unless Touch is called.
func (d *Device) AwaitTouch() {
	d.tab.t.Helper()
	d.presence(false)
}

// Touch lets the device answer whatever it is asked, at once.
func (d *Device) Touch() {
	d.tab.t.Helper()
	d.presence(true)
}

func (d *Device) presence(on bool) {
	d.tab.t.Helper()
	call(d.tab, "set presence", webauthn.SetAutomaticPresenceSimulation, webauthn.SetAutomaticPresenceSimulationParams{AuthenticatorID: d.id, Enabled: on})
}

func call[P, R any](tab *Tab, what string, command cdp.Command[P, R], params P) R {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, patience)
	defer cancel()
	result, err := chromedp.Call(ctx, command, params)
	if err != nil {
		tab.t.Fatalf("%s: %v", what, err)
	}
	return result
}
