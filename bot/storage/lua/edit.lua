-- Write an item's newer text; an older edit that arrives late changes nothing. Edits of the same
-- second (GitHub tells no finer) are taken in the order in which they come.
-- KEYS: items, edited   ARGV: number, second of the edit, item as JSON
local last = redis.call('HGET', KEYS[2], ARGV[1])
if last and tonumber(last) > tonumber(ARGV[2]) then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
redis.call('HSET', KEYS[2], ARGV[1], ARGV[2])
return 1
