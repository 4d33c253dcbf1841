package provider_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/cofactor-mfa/cofactor/provider"
)

func TestInvalidIsErrInvalidWithAText(t *testing.T) {
	t.Parallel()
	err := fmt.Errorf("sms: %w", provider.Invalid("Include the country code."))
	if !errors.Is(err, provider.ErrInvalid) {
		t.Error("Invalid must match ErrInvalid")
	}
	for _, other := range []error{provider.ErrRejected, provider.ErrCompromised, provider.Invalid("Include the country code.")} {
		if errors.Is(err, other) {
			t.Errorf("Invalid must match ErrInvalid only, and matches %v", other)
		}
	}
	var invalid *provider.InvalidError
	if !errors.As(err, &invalid) || invalid.Text != "Include the country code." {
		t.Errorf("the text is lost: %v", err)
	}
	if want := "sms: provider: unusable input: Include the country code."; err.Error() != want {
		t.Errorf("got %q", err)
	}
}

func TestVerdictsAreTold(t *testing.T) {
	t.Parallel()
	verdicts := []error{provider.ErrRejected, provider.ErrInvalid, provider.ErrCompromised}
	for i, a := range verdicts {
		for j, b := range verdicts {
			if errors.Is(a, b) != (i == j) {
				t.Errorf("%v and %v", a, b)
			}
		}
	}
	if errors.As(provider.ErrInvalid, new(*provider.InvalidError)) {
		t.Error("the bare ErrInvalid has no text to show")
	}
}
