// Package rediscounter counts text messages by country in Redis, for all replicas together.
//
// A country is one hash of at most 303 small fields, and a challenge that was answered an empty key for an hour. Each call is one script and one round trip. Keys
// hold calling codes and random IDs, and nothing of anybody.
package rediscounter

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/cofactor-mfa/cofactor/provider/sms/pumping"
)

// Config is what a Counter is made from.
type Config struct {
	// Client leads to Redis. Required. It stays the caller's to close.
	Client redis.Scripter
	// Prefix starts each key. "mfa:" if it is empty; at most 32 bytes, without braces.
	Prefix string
}

// Counter is a pumping.Counter in Redis.
type Counter struct {
	client redis.Scripter
	prefix string
	count  *redis.Script
}

var _ pumping.Counter = (*Counter)(nil)

// count adds to one field, never below zero and for an answer once, adds up what is in the windows, and forgets what has left them. A message sent again by the client
// after a lost reply is counted twice, which errs on the safe side.
const count = `
local key, field, n = KEYS[1], ARGV[1], tonumber(ARGV[2])
local slot, day, hourSlots, daySlots, bestOf = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])

local function add(name, by)
  if redis.call('HINCRBY', key, name, by) < 0 then redis.call('HSET', key, name, 0) end
end
if field == 's' then
  add('s' .. slot, n)
elseif redis.call('SET', KEYS[2], '', 'NX', 'PX', 3600000) then
  add('v' .. slot, n)
  add('d' .. day, n)
end
redis.call('PEXPIRE', key, (bestOf + 1) * 86400000)

local hour, whole, best, gone = {s = 0, v = 0}, {s = 0, v = 0}, 0, {}
local all = redis.call('HGETALL', key)
for i = 1, #all, 2 do
  local kind, at, v = string.sub(all[i], 1, 1), tonumber(string.sub(all[i], 2)), tonumber(all[i + 1])
  if kind == 'd' then
    if at < day - bestOf then gone[#gone + 1] = all[i] elseif at < day then best = math.max(best, v) end
  elseif at <= slot - daySlots then
    gone[#gone + 1] = all[i]
  else
    whole[kind] = whole[kind] + v
    if at > slot - hourSlots then hour[kind] = hour[kind] + v end
  end
end
if #gone > 0 then redis.call('HDEL', key, unpack(gone)) end
return {hour.s, hour.v, whole.s, whole.v, best}
`

// New needs a client. It does not reach Redis.
func New(cfg Config) (*Counter, error) {
	var faults []error
	if cfg.Client == nil {
		faults = append(faults, errors.New("rediscounter: Config.Client is required"))
	}
	if len(cfg.Prefix) > 32 || strings.ContainsAny(cfg.Prefix, "{}") {
		faults = append(faults, fmt.Errorf("rediscounter: Config.Prefix %.40q must have at most 32 bytes and no braces", cfg.Prefix))
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	if cfg.Prefix == "" {
		cfg.Prefix = "mfa:"
	}
	return &Counter{cfg.Client, cfg.Prefix, redis.NewScript(count)}, nil
}

// Sent implements pumping.Counter.
func (c *Counter) Sent(ctx context.Context, now time.Time, country string) (pumping.Counts, error) {
	return c.add(ctx, now, country, "s", 1, "")
}

// Unsent implements pumping.Counter.
func (c *Counter) Unsent(ctx context.Context, now time.Time, country string) error {
	_, err := c.add(ctx, now, country, "s", -1, "")
	return err
}

// Verified implements pumping.Counter.
func (c *Counter) Verified(ctx context.Context, now time.Time, country, challenge string) error {
	_, err := c.add(ctx, now, country, "v", 1, challenge)
	return err
}

func (c *Counter) add(ctx context.Context, now time.Time, country, field string, n int, challenge string) (pumping.Counts, error) {
	if !pumping.ValidCountry(country) {
		return pumping.Counts{}, errors.New("rediscounter: no country")
	}
	if err := ctx.Err(); err != nil { // The client's default is not to look.
		return pumping.Counts{}, err
	}
	got, err := c.count.Run(ctx, c.client, []string{c.prefix + "sent:{" + country + "}", c.prefix + "answered:{" + country + "}:" + challenge}, field, n,
		now.Unix()/int64(pumping.Slot/time.Second), now.Unix()/(24*60*60), pumping.HourSlots, pumping.DaySlots, pumping.BestOf).Int64Slice()
	if err != nil {
		return pumping.Counts{}, fmt.Errorf("rediscounter: %w", err)
	}
	if len(got) != 5 {
		return pumping.Counts{}, errors.New("rediscounter: the reply is none")
	}
	return pumping.Counts{
		SentHour: int(got[0]), VerifiedHour: int(got[1]), SentDay: int(got[2]), VerifiedDay: int(got[3]), BestDay: int(got[4]),
	}, nil
}
