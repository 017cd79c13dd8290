-- Store a delivery and the job that hears it, in one step, before anybody is told "202".
-- KEYS: inbox row, done marker, todo of the tenant, generations, turns
-- ARGV: job, tenant, how many of its jobs may wait (0: any number), field, value, field, value...
-- Returns 1 when it is new, 0 when it is stored or done already, -1 when too many wait. A row whose job was given up is
-- tried again when its sender sends it again.
if redis.call('EXISTS', KEYS[2]) == 1 then return 0 end
local most = tonumber(ARGV[3])
if most > 0 and redis.call('EXISTS', KEYS[1]) == 0 and redis.call('ZCARD', KEYS[3]) >= most then
  return -1
end
local now = redis.call('TIME')
redis.call('ZADD', KEYS[5], 'NX', 0, ARGV[2])
if redis.call('EXISTS', KEYS[1]) == 1 then
  if redis.call('ZADD', KEYS[3], 'NX', now[1] + now[2] / 1000000, ARGV[1]) == 1 then
    redis.call('HINCRBY', KEYS[4], ARGV[1], 1)
    redis.call('PERSIST', KEYS[1])
  end
  return 0
end
redis.call('HSET', KEYS[1], unpack(ARGV, 4))
redis.call('ZADD', KEYS[3], now[1] + now[2] / 1000000, ARGV[1])
redis.call('HINCRBY', KEYS[4], ARGV[1], 1)
return 1
