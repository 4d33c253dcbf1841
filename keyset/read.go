package keyset

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/tink-crypto/tink-go/v2/keyset"

	"github.com/cofactor-mfa/cofactor/internal/seal"
)

// read parses the keyset in the one form that the configuration says it has. A keyset in the other form is an error: nobody meant it.
// Parse errors are not passed on, because they quote their input.
func read(cfg Config) (*keyset.Handle, error) {
	if len(cfg.Keyset) == 0 {
		return nil, errors.New("keyset: there is no keyset; one that is lost takes every factor sealed under it along, so none is made up")
	}
	encrypted, err := isEncrypted(cfg.Keyset)
	switch {
	case err != nil:
		return nil, err
	case encrypted && cfg.KEK == nil:
		return nil, errors.New("keyset: it is encrypted, and there is no KEK to open it with")
	case !encrypted && cfg.KEK != nil:
		return nil, errors.New("keyset: there is a KEK, but the keyset is in the clear")
	case !encrypted:
		return readCleartext(cfg.Keyset)
	}
	handle, err := keyset.Read(keyset.NewJSONReader(bytes.NewReader(cfg.Keyset)), cfg.KEK)
	if err != nil {
		return nil, errors.New("keyset: the KEK does not open it, or what is inside is no keyset")
	}
	return handle, nil
}

func isEncrypted(keyset JSON) (bool, error) {
	var shape struct {
		Key             json.RawMessage `json:"key"`
		EncryptedKeyset json.RawMessage `json:"encryptedKeyset"`
	}
	if json.Unmarshal(keyset, &shape) != nil || (shape.Key == nil) == (shape.EncryptedKeyset == nil) {
		return false, errors.New("keyset: not a Tink keyset in JSON")
	}
	return shape.EncryptedKeyset != nil, nil
}

func write(handle *keyset.Handle, kek seal.AEAD) (JSON, error) {
	if kek == nil {
		return writeCleartext(handle)
	}
	var out bytes.Buffer
	if err := handle.Write(keyset.NewJSONWriter(&out), kek); err != nil {
		return nil, fmt.Errorf("keyset: encrypting it under the KEK: %w", err)
	}
	return out.Bytes(), nil
}
