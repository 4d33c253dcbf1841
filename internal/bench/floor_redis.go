package main

import (
	"context"
	"encoding/binary"
	"errors"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/cofactor-mfa/cofactor/challenge/redisstore"
)

// floorRedis is what the floor asks of Redis: one round trip each.
type floorRedis struct{ client redisClient }

// redisClient is what a plain client and an AutoPipeline have in common.
type redisClient interface {
	redisstore.Client
	Set(ctx context.Context, key string, value any, expiration time.Duration) *redis.StatusCmd
	Del(ctx context.Context, keys ...string) *redis.IntCmd
}

const (
	floorAttempts = 5
	floorTTL      = 5 * time.Minute
)

// countAttempt takes one from the first byte, which is the attempts left, and returns the rest.
var countAttempt = redis.NewScript(`
local v = redis.call('GET', KEYS[1])
if not v or string.byte(v) == 0 then return false end
local sealed = string.sub(v, 2)
redis.call('SET', KEYS[1], string.char(string.byte(v) - 1) .. sealed, 'KEEPTTL')
return sealed`)

// countMessage counts what is sent to one address within an hour.
var countMessage = redis.NewScript(`
local n = redis.call('INCR', KEYS[1])
if n == 1 then redis.call('EXPIRE', KEYS[1], 3600) end
return n`)

// load makes the server know the scripts, so that one that is run is one round trip.
func (r floorRedis) load(ctx context.Context) error {
	return errors.Join(countAttempt.Load(ctx, r.client).Err(), countMessage.Load(ctx, r.client).Err())
}

func (r floorRedis) create(ctx context.Context, id string, sealed []byte) error {
	return r.client.Set(ctx, id, append([]byte{floorAttempts}, sealed...), floorTTL).Err()
}

func (r floorRedis) attempt(ctx context.Context, id string) ([]byte, error) {
	sealed, err := countAttempt.EvalSha(ctx, r.client, []string{id}).Text()
	return []byte(sealed), err
}

func (r floorRedis) spend(ctx context.Context, address string) error {
	return countMessage.EvalSha(ctx, r.client, []string{"n" + address}).Err() // The clocks here are too fast for a limit.
}

func (r floorRedis) end(ctx context.Context, id string) error { return r.client.Del(ctx, id).Err() }

func (q question) encode() []byte {
	b := binary.BigEndian.AppendUint64(nil, uint64(q.expires))
	for _, s := range []string{q.user, q.kind, q.code} {
		b = append(append(b, byte(len(s))), s...)
	}
	return b
}

func decodeQuestion(b []byte) (q question, ok bool) {
	if len(b) < 8 {
		return question{}, false
	}
	q.expires, b = int64(binary.BigEndian.Uint64(b)), b[8:]
	for _, field := range []*string{&q.user, &q.kind, &q.code} {
		if len(b) == 0 || len(b) <= int(b[0]) {
			return question{}, false
		}
		*field, b = string(b[1:1+b[0]]), b[1+b[0]:]
	}
	return q, len(b) == 0
}
