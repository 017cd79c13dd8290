-- Put an unclustered item into a cluster, as the holder of the project's clustering lease.
-- KEYS: lease, membership, waiting, clusters, counter, evidence, operations, to judge, placements,
--       alike, and the read model's
-- ARGV: token, item, cluster ("0" makes one), standing and JSON without a number of a new
--       cluster, evidence as JSON, corrections it was decided under, to be judged 0|1,
--       how many pairs are kept as alike, and of each that is: its chance, the pair
-- Returns the cluster's number; -1 when the lease is lost, -2 when somebody corrected meanwhile.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return -1 end
local held = redis.call('HGET', KEYS[2], ARGV[2])
if held then
  redis.call('ZREM', KEYS[3], ARGV[2])
  return tonumber(held)
end
if redis.call('LLEN', KEYS[7]) ~= tonumber(ARGV[7]) then return -2 end
local cluster = ARGV[3]
if cluster == '0' then
  cluster = redis.call('INCR', KEYS[5])
  redis.call('HSET', KEYS[4], cluster, '{"number":' .. cluster .. ',' .. string.sub(ARGV[5], 2))
  found(cluster, ARGV[4])
end
redis.call('HSET', KEYS[2], ARGV[2], cluster)
redis.call('XADD', KEYS[9], 'MAXLEN', '~', 4096, '*', ARGV[2], cluster)
redis.call('ZADD', members .. cluster, ARGV[2], ARGV[2])
redis.call('HSET', KEYS[6], ARGV[2], ARGV[6])
redis.call('ZREM', KEYS[3], ARGV[2])
if ARGV[8] == '1' then
  local now = redis.call('TIME')
  redis.call('ZADD', KEYS[8], now[1] + now[2] / 1000000, ARGV[2])
end
if ARGV[10] then
  redis.call('ZADD', KEYS[10], unpack(ARGV, 10))
  redis.call('ZREMRANGEBYRANK', KEYS[10], 0, -ARGV[9] - 1)
end
count(cluster, tally(occurrences .. ARGV[2]))
return tonumber(cluster)
