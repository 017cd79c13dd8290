-- End a claimed job, but only as its holder.
-- KEYS: todo, generations, tries, lease, parked
-- ARGV: job, token, generation, outcome ("done" | "again" | "back" | "park"), seconds to wait, reason
-- Returns 1 when it is out of the way, 0 when it stays (asked for again while it ran, or to be
-- tried again), -1 when the lease was lost and nothing was changed.
if redis.call('GET', KEYS[4]) ~= ARGV[2] then return -1 end
redis.call('DEL', KEYS[4])
if ARGV[4] == 'again' or ARGV[4] == 'back' then
  local now = redis.call('TIME')
  redis.call('ZADD', KEYS[1], now[1] + now[2] / 1000000 + ARGV[5], ARGV[1])
  -- Handed back by a worker that ends, it has not failed.
  if ARGV[4] == 'again' then redis.call('HINCRBY', KEYS[3], ARGV[1], 1) end
  return 0
end
redis.call('HDEL', KEYS[3], ARGV[1])
if ARGV[4] == 'park' then
  redis.call('HSET', KEYS[5], ARGV[1], ARGV[6])
else
  -- Given up before, it has gone well after all.
  redis.call('HDEL', KEYS[5], ARGV[1])
  if redis.call('HGET', KEYS[2], ARGV[1]) ~= ARGV[3] then return 0 end
end
redis.call('ZREM', KEYS[1], ARGV[1])
redis.call('HDEL', KEYS[2], ARGV[1])
return 1
