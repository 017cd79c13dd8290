-- Take fields off a hash that still hold what was read.
-- KEYS: hash   ARGV: field, value, field, value...
for i = 1, #ARGV, 2 do
  if redis.call('HGET', KEYS[1], ARGV[i]) == ARGV[i + 1] then redis.call('HDEL', KEYS[1], ARGV[i]) end
end
