package webauthn

import (
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
)

// AAGUID is the model of an authenticator, or the password manager that acts as one (level 3, section 6.5.1). All zeros is not told. Without attestation it is a
// claim, and good for a name only.
type AAGUID [16]byte

// ParseAAGUID reads the usual spelling: "ea9b8d66-4d01-1d21-3ce4-b6b48cb575d4".
func ParseAAGUID(s string) (id AAGUID, err error) {
	b, err := hex.DecodeString(strings.ReplaceAll(s, "-", ""))
	if err != nil || len(b) != len(id) || AAGUID(b).String() != strings.ToLower(s) {
		return AAGUID{}, fmt.Errorf("webauthn: %.50q is no AAGUID", s)
	}
	return AAGUID(b), nil
}

// String is the usual spelling.
func (id AAGUID) String() string {
	return fmt.Sprintf("%x-%x-%x-%x-%x", id[:4], id[4:6], id[6:8], id[8:10], id[10:])
}

//go:embed names.json
var namesJSON []byte

// DefaultNames are the names that passkeys are called by if Config has no others: some that people have heard of, from the list that the developers of
// passkey providers keep at github.com/passkeydeveloper/passkey-authenticator-aaguids, as of NamesAsOf. They are for display and nothing else.
func DefaultNames() map[AAGUID]string {
	names, err := ReadNames(namesJSON)
	if err != nil {
		return map[AAGUID]string{} // A test reads them.
	}
	return names
}

// NamesAsOf is when DefaultNames was compared with its source: commit b976141 of that list.
const NamesAsOf = "2026-11"

// ReadNames reads a list of names in the form of that community's list: an object whose members are AAGUIDs, each with a "name". Icons and
// whatever else is there are left out.
func ReadNames(list []byte) (map[AAGUID]string, error) {
	var members map[string]struct{ Name string }
	if err := json.Unmarshal(list, &members); err != nil {
		return nil, fmt.Errorf("webauthn: names: %w", err)
	}
	names := make(map[AAGUID]string, len(members))
	for text, m := range members {
		id, err := ParseAAGUID(text)
		if err != nil {
			return nil, err
		}
		if m.Name == "" || !presentable(m.Name) {
			return nil, fmt.Errorf("webauthn: names: that of %v has not 1 to %d bytes of UTF-8 without control characters or outer spaces", id, maxName)
		}
		names[id] = m.Name
	}
	return names, nil
}
