-- A run is no longer its cluster's active one, and how it ended is counted, once.
-- KEYS: active runs, verdicts   ARGV: cluster, run, verdict
if redis.call('HGET', KEYS[1], ARGV[1]) ~= ARGV[2] then return 0 end
redis.call('HINCRBY', KEYS[2], ARGV[3], 1)
return redis.call('HDEL', KEYS[1], ARGV[1])
