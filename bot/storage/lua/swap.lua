-- Replace a hash field if it still holds what was read.
-- KEYS: hash, and placements of an item   ARGV: field, old value, new value, "1" to read it anew
local held = redis.call('HGET', KEYS[1], ARGV[1])
if held ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
if ARGV[4] == '1' then redis.call('XADD', KEYS[2], 'MAXLEN', '~', 4096, '*', ARGV[1], 0) end
return 1
