package challengetest_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cofactor-mfa/cofactor/challenge"
	"github.com/cofactor-mfa/cofactor/challenge/challengetest"
)

// generous is a store that never charges.
type generous struct{ challenge.Store }

func (generous) Spend(context.Context, time.Time, string, string, ...challenge.Spend) error {
	return nil
}

// A test calls Run. Check returns what Run would report.
func ExampleCheck() {
	err := challengetest.Check(context.Background(), func() challenge.Store { return generous{challenge.NewMemory()} })
	var first *challengetest.Violation
	fmt.Println(errors.As(err, &first))
	fmt.Println(first.Case)
	fmt.Println(first.Rule)
	// Output:
	// true
	// Get_counts_no_attempt
	// Get counts no attempt and charges nothing that it was not asked to take.
}
