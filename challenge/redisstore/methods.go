package redisstore

// create stores what it is given, and answers with what the caller does not know of it; unless the key is there: then the reply to an earlier run was
// lost, and this is it. A key is never used again, so one that has ended stays ended.
const create = `
local now, expires = tonumber(ARGV[3]), tonumber(ARGV[4])
local c, fault = open_challenge()
if fault then return fault end
if c then
  if c.state ~= LIVE or c.expires <= now or c.attempts == 0 then return reply(GONE) end
  return answer(c, c.attempts)
end
local list, next = spends(7), 0
if #list > 0 then
  local b = open_budgets()
  if not b then return reply(UNKNOWN) end
  local _, refused, shut = take(b, now, list)
  if refused then return refused end
  next = shut
  save_budgets(b, now)
end
redis.call('SET', KEYS[2], ARGV[5] .. num(next) .. ARGV[6], 'PX', string.format('%.0f', expires - now + HOUR))
return reply(DONE, next)
`

const get = `
local now = tonumber(ARGV[3])
local c, fault = open_challenge()
if fault then return fault end
if not c or c.state ~= LIVE or c.expires <= now or c.attempts == 0 then return reply(GONE) end
local list = spends(4)
if #list > 0 and not found(c, true) then
  local b = open_budgets()
  if not b then return reply(UNKNOWN) end
  local _, refused, shut = take(b, now, list)
  if refused then return refused end
  c.next = shut
  remember(c.tries, {id = try, kind = LOOKED, left = c.attempts, taken = {}})
  save_budgets(b, now)
  save_challenge(c)
end
return answer(c, c.attempts)
`

// attempt answers a try that it has counted with what was left then, even if that was the last.
const attempt = `
local now = tonumber(ARGV[3])
local c, fault = open_challenge()
if fault then return fault end
if not c or c.state ~= LIVE or c.expires <= now then return reply(GONE) end
local before = found(c, false)
if before then
  local b = #before.taken > 0 and open_budgets()
  return answer(c, before.left, b and shut_by(b, now, c.on_try, before.taken))
end
if c.attempts == 0 then return reply(GONE) end
local taken, shut = {}, 0
if #c.on_try > 0 then
  local b = open_budgets()
  if not b then return reply(UNKNOWN) end
  local refused
  taken, refused = take(b, now, c.on_try)
  if refused then return refused end
  shut = shut_by(b, now, c.on_try, taken)
  save_budgets(b, now)
end
c.attempts = c.attempts - 1
remember(c.tries, {id = try, kind = COUNTED, left = c.attempts, taken = taken})
save_challenge(c)
return answer(c, c.attempts, shut)
`

const release = `
local now = tonumber(ARGV[3])
local c, fault = open_challenge()
if fault then return fault end
local t = c and found(c, false)
if not t or t.kind ~= COUNTED then return reply(DONE) end
local b = open_budgets()
if not b then return reply(UNKNOWN) end
give(b, now, c.on_try, t.taken)
t.kind, t.taken, t.raw = RELEASED, {}, nil
save_budgets(b, now)
save_challenge(c)
return reply(DONE)
`

// redeem lets a try through that was counted, and none after it.
const redeem = `
local now = tonumber(ARGV[3])
local c, fault = open_challenge()
if fault then return fault end
if not c then return reply(GONE) end
if c.state == REDEEMED then
  if c.by == try then return reply(DONE) end
  return reply(GONE)
end
local t = found(c, false)
if not t then return reply(GONE) end
local b = open_budgets()
if not b then return reply(UNKNOWN) end
give(b, now, c.on_try, t.taken)
local refilled = refill(b, 4)
local owed = {}
for _, other in ipairs(c.tries) do
  if other ~= t and #other.taken > 0 then owed[#owed + 1] = other end
end
c.state, c.by, c.sealed, c.tries = REDEEMED, try, '', owed
if #owed == 0 then c.terms = num(0) end
if refilled or #t.taken > 0 then save_budgets(b, now) end
save_challenge(c)
return reply(DONE)
`

const spend = `
local now = tonumber(ARGV[3])
local b = open_budgets()
if not b then return reply(UNKNOWN) end
for _, id in ipairs(b.tries) do
  if id == try then return reply(DONE) end
end
local _, refused = take(b, now, spends(4))
if refused then return refused end
remember(b.tries, try)
save_budgets(b, now)
return reply(DONE)
`

// refill has no clock: what it makes new stays as long as it would have.
const refill = `
local b = open_budgets()
if not b then return reply(UNKNOWN) end
if refill(b, 3) then save_budgets(b, nil) end
return reply(DONE)
`
