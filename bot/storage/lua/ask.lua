-- Ask for a job: due after ARGV[2] seconds, or sooner if it is due sooner already.
-- KEYS: todo of the tenant, generations, turns   ARGV: job, delay, tenant
local now = redis.call('TIME')
redis.call('ZADD', KEYS[1], 'LT', now[1] + now[2] / 1000000 + ARGV[2], ARGV[1])
redis.call('HINCRBY', KEYS[2], ARGV[1], 1)
redis.call('ZADD', KEYS[3], 'NX', 0, ARGV[3])
return 1
