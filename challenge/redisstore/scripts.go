package redisstore

// All scripts get KEYS[1], the budgets of an account or key, and those about a challenge KEYS[2], the challenge. ARGV[1] and ARGV[2]
// are the call's name and the digest of its try, which the reply echoes; ARGV[3], but for refill, is the caller's clock. A script
// reads everything, decides, and only then writes: Redis refuses the first write or none, so that one which fails has changed nothing.

// codec is internal/wire in Lua. All numbers are below 2^53, where a float is exact. A record that is cut short ends in an error: a
// byte that is not there is nil, and nil is no number.
//
// Most of a script's time goes into numbers, so uint and num call C once for what takes up to six bytes, as a time does, and not once for each byte; what a script
// does not change it copies as it was read.
const codec = `
local FORMAT, LIVE, REDEEMED = 1, 1, 2
local DONE, GONE, REFUSED, UNKNOWN = 0, 1, 2, 3
local ID, REMEMBERED, HOUR = 16, 16, 3600000
local me, try = ARGV[1], ARGV[2]
local byte, char, sub = string.byte, string.char, string.sub

local src, pos

local function uint()
  local a, b, c, d, e, f = byte(src, pos, pos + 5)
  if a < 128 then pos = pos + 1 return a end
  if b < 128 then pos = pos + 2 return a - 128 + b * 128 end
  local v = a - 128 + (b - 128) * 128
  if c < 128 then pos = pos + 3 return v + c * 2^14 end
  v = v + (c - 128) * 2^14
  if d < 128 then pos = pos + 4 return v + d * 2^21 end
  v = v + (d - 128) * 2^21
  if e < 128 then pos = pos + 5 return v + e * 2^28 end
  v = v + (e - 128) * 2^28
  pos = pos + 6
  if f < 128 then return v + f * 2^35 end
  return v + (f - 128) * 2^35 + uint() * 2^42
end

local function bytes(n)
  local s = sub(src, pos, pos + n - 1)
  if #s ~= n then error('cut short') end
  pos = pos + n
  return s
end

local function num(v)
  if v < 128 then return char(v) end
  local a = v % 128
  v = (v - a) / 128
  if v < 128 then return char(a + 128, v) end
  local b = v % 128
  v = (v - b) / 128
  if v < 128 then return char(a + 128, b + 128, v) end
  local c = v % 128
  return char(a + 128, b + 128, c + 128) .. num((v - c) / 128)
end

local function text(s) return num(#s) .. s end

local function reply(code, ...) return {code, me .. try, ...} end
`

// arithmetic is challenge.Budget in Lua, and the string that holds the budgets of one key and the last tries that spent from them.
//
// A budget that is not there begins at the generation of its time, so that a take from before it was forgotten is never given back
// to it. What has been new for an hour is left out: the hour is what a clock may step back.
const arithmetic = `
local function open_budgets()
  local b = {tries = {}, names = {}, by = {}}
  src, pos = redis.call('GET', KEYS[1]), 2
  if not src then return b end
  if byte(src, 1) ~= FORMAT then return nil end
  for _ = 1, uint() do b.tries[#b.tries + 1] = bytes(ID) end
  for _ = 1, uint() do
    local from, name = pos, bytes(uint())
    local x = {used = uint(), level = uint(), gen = uint(), last = uint(), shut = uint(), rest = uint()}
    x.raw = sub(src, from, pos - 1)
    b.names[#b.names + 1] = name
    b.by[name] = x
  end
  return b
end

local function save_budgets(b, now)
  local kept, ttl = {}, math.max(HOUR, redis.call('PTTL', KEYS[1]))
  for _, name in ipairs(b.names) do
    local x = b.by[name]
    if not now or x.rest == 0 or x.rest + HOUR > now then
      kept[#kept + 1] = x.raw or text(name) .. num(x.used) .. num(x.level) .. num(x.gen) .. num(x.last) .. num(x.shut) .. num(x.rest)
      if now then ttl = math.max(ttl, x.rest - now + HOUR) end
    end
  end
  local out = char(FORMAT) .. num(#b.tries) .. table.concat(b.tries) .. num(#kept) .. table.concat(kept)
  redis.call('SET', KEYS[1], out, 'PX', string.format('%.0f', ttl))
end

local function spends(from)
  local list = {}
  for i = from, #ARGV, 4 do
    list[#list + 1] = {name = ARGV[i], limit = tonumber(ARGV[i + 1]), window = tonumber(ARGV[i + 2]), max = tonumber(ARGV[i + 3])}
  end
  return list
end

local function take_one(b, now, s)
  local x
  if b.rest ~= 0 and b.rest <= now then
    x = {used = 0, level = 0, gen = b.gen + 1, last = 0, shut = 0, rest = 0}
  elseif b.shut ~= 0 then
    x = {used = 0, level = b.level, gen = b.gen + 1, last = 0, shut = 0, rest = b.rest}
  else
    x = {used = b.used, level = b.level, gen = b.gen, last = b.last, shut = 0, rest = b.rest}
  end
  x.used, x.last = x.used + 1, x.last + 1
  local taken = {gen = x.gen, nth = x.last, was = x.rest}
  x.rest = math.max(x.rest, now + s.max)
  if x.used >= s.limit then
    local d, level = s.window, x.level
    while level > 0 and d < s.max do
      d, level = d * 2, level - 1
    end
    x.shut = now + math.min(d, s.max)
    x.level = x.level + 1
  end
  return x, taken
end

-- All takes or none: nothing is put into b before the last was allowed.
local function take(b, now, list)
  local changed, taken, next = {}, {}, 0
  for i, s in ipairs(list) do
    local x = changed[s.name] or b.by[s.name] or {used = 0, level = 0, gen = now, last = 0, shut = 0, rest = 0}
    if x.shut > now then return nil, reply(REFUSED, s.name, x.shut - now) end
    changed[s.name], taken[i] = take_one(x, now, s)
    next = changed[s.name].shut
  end
  for _, s in ipairs(list) do
    if not b.by[s.name] then b.names[#b.names + 1] = s.name end
    b.by[s.name] = changed[s.name]
  end
  return taken, nil, next
end

local function give(b, now, list, taken)
  for i = #taken, 1, -1 do
    local x, t = b.by[list[i].name], taken[i]
    if x and t.gen == x.gen and x.used > 0 and not (x.shut ~= 0 and x.shut <= now) then
      x.used, x.raw = x.used - 1, nil
      if x.shut ~= 0 then
        x.shut, x.level = 0, x.level - 1
      end
      if x.last == t.nth then
        x.last, x.rest = x.last - 1, t.was
      end
    end
  end
end

local function refill(b, from)
  local changed = false
  for i = from, #ARGV do
    local x = b.by[ARGV[i]]
    if x then
      b.by[ARGV[i]] = {used = 0, level = 0, gen = x.gen + 1, last = 0, shut = 0, rest = 0}
      changed = true
    end
  end
  return changed
end

local function remember(tries, t)
  tries[#tries + 1] = t
  if #tries > REMEMBERED then table.remove(tries, 1) end
end
`

// records is the string that holds a challenge: its state and terms, the last tries with what each took, and the sealed bytes.
// A redeemed one is a tombstone: who redeemed it, and the charges of others that may still be released.
const records = `
local COUNTED, LOOKED, RELEASED = 1, 2, 3

local function open_challenge()
  src, pos = redis.call('GET', KEYS[2]), 2
  if not src then return nil end
  if byte(src, 1) ~= FORMAT then return nil, reply(UNKNOWN) end
  local c = {state = uint(), attempts = uint(), expires = uint(), next = uint(), on_try = {}, tries = {}}
  if c.state ~= LIVE and c.state ~= REDEEMED then return nil, reply(UNKNOWN) end
  local from = pos
  for i = 1, uint() do
    c.on_try[i] = {name = bytes(uint()), limit = uint(), window = uint(), max = uint()}
  end
  c.terms = sub(src, from, pos - 1)
  for i = 1, uint() do
    local from, t = pos, {id = bytes(ID), kind = uint(), left = uint(), taken = {}}
    if t.kind == COUNTED then
      for j = 1, #c.on_try do t.taken[j] = {gen = uint(), nth = uint(), was = uint()} end
    end
    t.raw = sub(src, from, pos - 1)
    c.tries[i] = t
  end
  if c.state == REDEEMED then c.by = bytes(ID) end
  c.sealed = sub(src, pos)
  return c
end

local function save_challenge(c)
  local tries = {}
  for i, t in ipairs(c.tries) do
    local raw = t.raw
    if not raw then
      raw = t.id .. num(t.kind) .. num(t.left)
      for _, x in ipairs(t.taken) do raw = raw .. num(x.gen) .. num(x.nth) .. num(x.was) end
    end
    tries[i] = raw
  end
  local out = char(FORMAT) .. num(c.state) .. num(c.attempts) .. num(c.expires) .. num(c.next) .. c.terms ..
    num(#tries) .. table.concat(tries) .. (c.by or '') .. c.sealed
  redis.call('SET', KEYS[2], out, 'KEEPTTL')
end

local function found(c, looked)
  for _, t in ipairs(c.tries) do
    if t.id == try and (t.kind == LOOKED) == looked then return t end
  end
end

-- Until when a budget is shut that a try's takes have emptied: one that is shut is not taken from, so it was the last take.
local function shut_by(b, now, list, taken)
  local shut = 0
  for i, t in ipairs(taken) do
    local x = b.by[list[i].name]
    if x and x.shut > now and x.gen == t.gen and x.last == t.nth then shut = math.max(shut, x.shut) end
  end
  return shut
end

local function answer(c, left, shut)
  local r = reply(DONE, left, c.expires, c.next, shut or 0, c.sealed)
  for _, s in ipairs(c.on_try) do
    r[#r + 1] = s.name
    r[#r + 1] = s.limit
    r[#r + 1] = s.window
    r[#r + 1] = s.max
  end
  return r
end
`
