package rediscounter_test

import (
	"fmt"

	"github.com/redis/go-redis/v9"

	"github.com/cofactor-mfa/cofactor/provider/sms/pumping"
	"github.com/cofactor-mfa/cofactor/provider/sms/pumping/rediscounter"
)

func Example() {
	client := redis.NewClient(&redis.Options{Addr: "localhost:6379", ContextTimeoutEnabled: true}) // the one of challenge/redisstore will do
	defer func() { _ = client.Close() }()
	counter, err := rediscounter.New(rediscounter.Config{Client: client})
	if err != nil {
		fmt.Println(err)
		return
	}
	var _ pumping.Counter = counter
	fmt.Println("it has not been reached yet")
	// Output: it has not been reached yet
}
