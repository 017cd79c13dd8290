-- Put a value in the place of the same, sealed with an older key, if that still stands there.
-- KEYS: hash, list or string   ARGV: field or index, old value, new value
local kind = redis.call('TYPE', KEYS[1]).ok
if kind == 'hash' and redis.call('HGET', KEYS[1], ARGV[1]) == ARGV[2] then
  redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
elseif kind == 'list' and redis.call('LINDEX', KEYS[1], ARGV[1]) == ARGV[2] then
  redis.call('LSET', KEYS[1], ARGV[1], ARGV[3])
elseif kind == 'string' and redis.call('GET', KEYS[1]) == ARGV[2] then
  redis.call('SET', KEYS[1], ARGV[3], 'KEEPTTL')
else
  return 0
end
return 1
