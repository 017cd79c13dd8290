-- Erase keys of any type; how many entries each held.
local counts = { hash = 'HLEN', zset = 'ZCARD', set = 'SCARD', list = 'LLEN' }
local held = {}
for i, key in ipairs(KEYS) do
  local count = counts[redis.call('TYPE', key).ok]
  held[i] = count and redis.call(count, key) or redis.call('EXISTS', key)
  redis.call('UNLINK', key)
end
return held
