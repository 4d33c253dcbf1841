package countertest_test

import (
	"fmt"
	"testing"

	"github.com/cofactor-mfa/cofactor/provider/sms/pumping"
	"github.com/cofactor-mfa/cofactor/provider/sms/pumping/countertest"
)

// A counter of one's own is tested with one line.
func Example() {
	test := func(t *testing.T) {
		countertest.Run(t, func() pumping.Counter { return pumping.NewMemory() })
	}
	fmt.Printf("%T\n", test)
	// Output: func(*testing.T)
}
