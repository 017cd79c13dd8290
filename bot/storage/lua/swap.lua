-- Replace a hash field if it still holds what was read.
-- KEYS: hash   ARGV: field, old value, new value
local held = redis.call('HGET', KEYS[1], ARGV[1])
if held ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
return 1
