-- Ask for a job: due after ARGV[2] seconds, or sooner if it is due sooner already. What made one due
-- that runs has been heard: only what was asked since its claim counts.
-- KEYS: todo of the tenant, generations, turns, lease   ARGV: job, delay, tenant
local time = redis.call('TIME')
local due = time[1] + time[2] / 1000000 + ARGV[2]
local holder = redis.call('GET', KEYS[4])
local claimed = holder and string.match(holder, ':(%d+)$')
if claimed and claimed == redis.call('HGET', KEYS[2], ARGV[1]) then
  redis.call('ZADD', KEYS[1], due, ARGV[1])
else
  redis.call('ZADD', KEYS[1], 'LT', due, ARGV[1])
end
redis.call('HINCRBY', KEYS[2], ARGV[1], 1)
redis.call('ZADD', KEYS[3], 'NX', 0, ARGV[3])
return 1
