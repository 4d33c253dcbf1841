package factor_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cofactor-mfa/cofactor/factor"
)

// Of two changes that were made for the same row, the second is told that the row has changed.
func ExampleMemory() {
	ctx, store := context.Background(), factor.NewMemory()
	now := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	err := store.Apply(ctx, factor.Change{
		UserID: "alice", At: now,
		Account: &factor.Account{UserID: "alice", Handle: []byte("32 random bytes"), Epoch: 1},
		Put:     []factor.Factor{{UserID: "alice", ID: "f1", Kind: "totp", Label: "My phone", Created: now}},
	})
	fmt.Println(err)

	alice, err := store.Load(ctx, "", "alice")
	fmt.Println(alice.Factors[0].Label, err)

	rename := factor.Change{UserID: "alice", Epoch: alice.Account.Epoch, Put: alice.Factors, At: now}
	rename.Put[0].Label = "My old phone"
	fmt.Println(store.Apply(ctx, rename))
	fmt.Println(errors.Is(store.Apply(ctx, rename), factor.ErrConflict))
	// Output:
	// <nil>
	// My phone <nil>
	// <nil>
	// true
}
