package keyset

import (
	"bytes"
	"fmt"

	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
)

// This file is the only place where keys are read and written in the clear; a test holds the import to it.

func readCleartext(clear JSON) (*keyset.Handle, error) {
	handle, err := insecurecleartextkeyset.Read(keyset.NewJSONReader(bytes.NewReader(clear)))
	if err != nil {
		return nil, fmt.Errorf("keyset: unusable: %w", err)
	}
	return handle, nil
}

func writeCleartext(handle *keyset.Handle) (JSON, error) {
	var out bytes.Buffer
	if err := insecurecleartextkeyset.Write(handle, keyset.NewJSONWriter(&out)); err != nil {
		return nil, fmt.Errorf("keyset: writing it: %w", err)
	}
	return out.Bytes(), nil
}
