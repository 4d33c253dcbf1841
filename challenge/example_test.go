package challenge_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cofactor-mfa/cofactor/challenge"
)

// A budget of three takes is a lock: whoever has failed three times waits, and then twice as long.
func ExampleMemory_Spend() {
	ctx, now := context.Background(), time.Date(2030, 5, 17, 12, 0, 0, 0, time.UTC)
	store := challenge.NewMemory()
	lock := challenge.Spend{Budget: "failures", Limit: 3, Window: 15 * time.Minute, Max: 24 * time.Hour}
	for i := range 8 {
		var refused *challenge.Refused
		err := store.Spend(ctx, now, "tag", fmt.Sprint("try ", i), lock)
		if errors.As(err, &refused) {
			fmt.Println("wait", refused.RetryAfter)
			now = now.Add(refused.RetryAfter)
		} else {
			fmt.Println("go on", err)
		}
	}
	// Output:
	// go on <nil>
	// go on <nil>
	// go on <nil>
	// wait 15m0s
	// go on <nil>
	// go on <nil>
	// go on <nil>
	// wait 30m0s
}
