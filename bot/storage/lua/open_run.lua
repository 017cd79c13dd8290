-- One active run a cluster, one run a command.
-- KEYS: run keys, active runs, counter, runs, runs of clusters
-- ARGV: command, run as JSON without a number, cluster
-- Returns {number, 1 when it is this command's own run}
local own = redis.call('HGET', KEYS[1], ARGV[1])
if own then return {tonumber(own), 1} end
local active = redis.call('HGET', KEYS[2], ARGV[3])
if active then return {tonumber(active), 0} end
local number = redis.call('INCR', KEYS[3])
redis.call('HSET', KEYS[1], ARGV[1], number)
redis.call('HSET', KEYS[4], number, '{"number":' .. number .. ',' .. string.sub(ARGV[2], 2))
redis.call('HSET', KEYS[2], ARGV[3], number)
local before = redis.call('HGET', KEYS[5], ARGV[3])
redis.call('HSET', KEYS[5], ARGV[3], before and before .. ',' .. number or number)
return {number, 1}
