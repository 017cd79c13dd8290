-- KEYS: codes, owner. ARGV: the code's hash, now, the session's hash, until when it is good.
-- One code makes one owner; with it every other code has had its day.
local till = redis.call('HGET', KEYS[1], ARGV[1])
if not till or tonumber(till) <= tonumber(ARGV[2]) then return 0 end
redis.call('DEL', KEYS[1], KEYS[2])
redis.call('HSET', KEYS[2], ARGV[3], ARGV[4])
return 1
