package factor_test

import (
	"testing"

	"github.com/cofactor-mfa/cofactor/factor"
	"github.com/cofactor-mfa/cofactor/factor/factortest"
)

func TestMemory(t *testing.T) {
	t.Parallel()
	factortest.Run(t, func(*testing.T) factor.Store { return factor.NewMemory() })
}
