-- Take a member off its list, unless it was put there again since it was read.
-- KEYS: list   ARGV: number, score as it was read
local held = redis.call('ZSCORE', KEYS[1], ARGV[1])
if not held or tonumber(held) ~= tonumber(ARGV[2]) then return 0 end
return redis.call('ZREM', KEYS[1], ARGV[1])
