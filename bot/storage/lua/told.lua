-- A service told us to wait: nobody asks it meanwhile.
-- KEYS: what it told us, contents written
-- ARGV: request, seconds ("": it named none), whether it refused a content as one too many (1)
-- Returns the seconds. What it told is known for ten minutes longer: each time that it names none
-- doubles them, and where it takes fewer contents than we thought, it gets as many a minute as it
-- took in the last one.
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000
local before = redis.call('HMGET', KEYS[1], 'until', 'most', 'unnamed')
local wait = tonumber(ARGV[2])
if not wait then
  wait = math.min(3600, 60 * 2 ^ (before[3] or 0))
  redis.call('HINCRBY', KEYS[1], 'unnamed', 1)
end
local till = math.max(before[1] or 0, now + wait)
redis.call('HSET', KEYS[1], 'until', till)
if ARGV[3] == '1' then
  redis.call('ZREM', KEYS[2], ARGV[1] .. ':1')
  local most = math.max(10, redis.call('ZCOUNT', KEYS[2], now - 60, now))
  redis.call('HSET', KEYS[1], 'most', math.min(before[2] or most, most))
end
redis.call('EXPIRE', KEYS[1], math.ceil(till - now) + 600)
return tostring(wait)
