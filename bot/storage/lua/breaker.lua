-- A circuit breaker that all processes share, by the server's clock.
-- KEYS: breaker   ARGV: what happened ("ask", "look", "well", "failed"), failures that open it, seconds it stays open
-- Returns {seconds until a call may pass, second of the first failure or 0}. The call that passes
-- when they are over is the only one until it has ended, or as many seconds are over again.
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000
if ARGV[1] == 'well' then
  redis.call('DEL', KEYS[1])
elseif ARGV[1] == 'failed' then
  redis.call('HSETNX', KEYS[1], 'since', now)
  if redis.call('HINCRBY', KEYS[1], 'failed', 1) >= ARGV[2] + 0 then
    redis.call('HSET', KEYS[1], 'until', now + ARGV[3])
  end
  redis.call('EXPIRE', KEYS[1], 86400)
end
local found = redis.call('HMGET', KEYS[1], 'until', 'since')
local left = math.max(0, (found[1] or 0) - now)
if ARGV[1] == 'ask' and found[1] and left == 0 then
  redis.call('HSET', KEYS[1], 'until', now + ARGV[3])
end
return {tostring(left), tostring(found[2] or 0)}
