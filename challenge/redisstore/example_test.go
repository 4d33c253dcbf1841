package redisstore_test

import (
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/cofactor-mfa/cofactor/challenge/redisstore"
)

func Example() {
	client := redis.NewClient(&redis.Options{
		Addr:                  "localhost:6379",
		ContextTimeoutEnabled: true, // a call ends when its context does
		ReadTimeout:           time.Second,
	})
	defer func() { _ = client.Close() }()
	store, err := redisstore.New(redisstore.Config{Client: client, Prefix: "shop-mfa:"})
	fmt.Println(store != nil, err)
	// When the program starts: err = store.Check(ctx)

	// Output: true <nil>
}
