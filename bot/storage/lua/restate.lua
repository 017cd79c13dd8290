-- Replace a cluster's record if it is still what was read.
-- KEYS: clusters, and the read model's   ARGV: cluster, old record, new one, its standing
if redis.call('HGET', KEYS[1], ARGV[1]) ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
restate(ARGV[1], ARGV[4])
return 1
