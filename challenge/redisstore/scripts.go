package redisstore

// All scripts get KEYS[1], the budgets of an account or key, and those about a challenge KEYS[2], the challenge. ARGV[1] and ARGV[2]
// are the call's name and the digest of its try, which the reply echoes; ARGV[3], but for refill, is the caller's clock. A script
// reads everything, decides, and only then writes: Redis refuses the first write or none, so that one which fails has changed nothing.

// codec is internal/wire in Lua. All numbers are below 2^53, where a float is exact. A record that is cut short ends in an error: a
// byte that is not there is nil, and nil is no number.
const codec = `
local FORMAT, LIVE, REDEEMED = 1, 1, 2
local DONE, GONE, REFUSED, UNKNOWN = 0, 1, 2, 3
local ID, REMEMBERED, HOUR = 16, 16, 3600000
local me, try = ARGV[1], ARGV[2]

local src, pos

local function uint()
  local v, m = 0, 1
  while true do
    local c = string.byte(src, pos)
    pos = pos + 1
    if c < 128 then return v + c * m end
    v, m = v + (c - 128) * m, m * 128
  end
end

local function bytes(n)
  local s = string.sub(src, pos, pos + n - 1)
  if #s ~= n then error('cut short') end
  pos = pos + n
  return s
end

local function put(out, v)
  while v >= 128 do
    out[#out + 1] = string.char(v % 128 + 128)
    v = math.floor(v / 128)
  end
  out[#out + 1] = string.char(v)
end

local function text(out, s)
  put(out, #s)
  out[#out + 1] = s
end

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
  if string.byte(src, 1) ~= FORMAT then return nil end
  for _ = 1, uint() do b.tries[#b.tries + 1] = bytes(ID) end
  for _ = 1, uint() do
    local name = bytes(uint())
    b.names[#b.names + 1] = name
    b.by[name] = {used = uint(), level = uint(), gen = uint(), last = uint(), shut = uint(), rest = uint()}
  end
  return b
end

local function save_budgets(b, now)
  local kept, ttl = {}, math.max(HOUR, redis.call('PTTL', KEYS[1]))
  for _, name in ipairs(b.names) do
    local x = b.by[name]
    if not now or x.rest == 0 or x.rest + HOUR > now then
      kept[#kept + 1] = name
      if now then ttl = math.max(ttl, x.rest - now + HOUR) end
    end
  end
  local out = {string.char(FORMAT)}
  put(out, #b.tries)
  for _, id in ipairs(b.tries) do out[#out + 1] = id end
  put(out, #kept)
  for _, name in ipairs(kept) do
    local x = b.by[name]
    text(out, name)
    put(out, x.used) put(out, x.level) put(out, x.gen) put(out, x.last) put(out, x.shut) put(out, x.rest)
  end
  redis.call('SET', KEYS[1], table.concat(out), 'PX', string.format('%.0f', ttl))
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
      x.used = x.used - 1
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

local function parse(raw)
  src, pos = raw, 2
  if not src then return nil end
  if string.byte(src, 1) ~= FORMAT then return nil, reply(UNKNOWN) end
  local c = {state = uint(), attempts = uint(), expires = uint(), next = uint(), on_try = {}, tries = {}}
  if c.state ~= LIVE and c.state ~= REDEEMED then return nil, reply(UNKNOWN) end
  for i = 1, uint() do
    c.on_try[i] = {name = bytes(uint()), limit = uint(), window = uint(), max = uint()}
  end
  for i = 1, uint() do
    local t = {id = bytes(ID), kind = uint(), left = uint(), taken = {}}
    if t.kind == COUNTED then
      for j = 1, #c.on_try do t.taken[j] = {gen = uint(), nth = uint(), was = uint()} end
    end
    c.tries[i] = t
  end
  if c.state == REDEEMED then c.by = bytes(ID) end
  c.sealed = string.sub(src, pos)
  return c
end

local function open_challenge() return parse(redis.call('GET', KEYS[2])) end

local function save_challenge(c)
  local out = {string.char(FORMAT)}
  put(out, c.state) put(out, c.attempts) put(out, c.expires) put(out, c.next)
  put(out, #c.on_try)
  for _, s in ipairs(c.on_try) do
    text(out, s.name)
    put(out, s.limit) put(out, s.window) put(out, s.max)
  end
  put(out, #c.tries)
  for _, t in ipairs(c.tries) do
    out[#out + 1] = t.id
    put(out, t.kind) put(out, t.left)
    for _, x in ipairs(t.taken) do
      put(out, x.gen) put(out, x.nth) put(out, x.was)
    end
  end
  if c.state == REDEEMED then out[#out + 1] = c.by end
  out[#out + 1] = c.sealed
  redis.call('SET', KEYS[2], table.concat(out), 'KEEPTTL')
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
