-- A run is no longer its cluster's active one.   KEYS: active runs   ARGV: cluster, run
if redis.call('HGET', KEYS[1], ARGV[1]) ~= ARGV[2] then return 0 end
return redis.call('HDEL', KEYS[1], ARGV[1])
