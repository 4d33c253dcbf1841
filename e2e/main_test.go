// Package e2e_test drives passkeys in a real browser, and has other people's programs check what comes out of them.
package e2e_test

import (
	"os"
	"testing"

	"github.com/cofactor-mfa/cofactor/e2e/chromiumtest"
)

func TestMain(m *testing.M) { os.Exit(chromiumtest.Main(m)) }
