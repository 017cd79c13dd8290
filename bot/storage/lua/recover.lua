-- A source says that the problem of an item is over. The newest word counts, in any order.
-- KEYS: item keys, recovered   ARGV: key, second since when
-- Returns the item's number, 0 where there is none.
local number = redis.call('HGET', KEYS[1], ARGV[1])
if not number or number == '0' then return 0 end
local last = redis.call('HGET', KEYS[2], number)
if not last or tonumber(last) < tonumber(ARGV[2]) then
  redis.call('HSET', KEYS[2], number, ARGV[2])
end
return tonumber(number)
