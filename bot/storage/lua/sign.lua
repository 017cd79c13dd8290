-- Give a sign, and list who gave one lately.
-- KEYS: processes   ARGV: who gives one, "" for nobody; seconds after which a sign is old
local now = redis.call('TIME')[1]
if ARGV[1] ~= '' then redis.call('ZADD', KEYS[1], now, ARGV[1]) end
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[2])
return redis.call('ZRANGE', KEYS[1], 0, -1)
