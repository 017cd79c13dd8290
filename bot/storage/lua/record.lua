-- Count an event once; make its item when it is the first of its key.
-- KEYS: item keys, items, events, counter, waiting, edited
-- ARGV: key, event, item as JSON without a number, hour, count, prefix of occurrence keys,
--       second of the edit
-- Returns {number, new item 0|1, counted 0|1}; number 0 was deleted before we heard of it
local number = redis.call('HGET', KEYS[1], ARGV[1])
if number == '0' then return {0, 0, 0} end
local new = 0
if not number then
  number = redis.call('INCR', KEYS[4])
  redis.call('HSET', KEYS[1], ARGV[1], number)
  redis.call('HSET', KEYS[2], number, '{"number":' .. number .. ',' .. string.sub(ARGV[3], 2))
  redis.call('HSET', KEYS[6], number, ARGV[7])
  redis.call('ZADD', KEYS[5], number, number)
  new = 1
end
local now = tonumber(redis.call('TIME')[1])
if redis.call('ZADD', KEYS[3], 'NX', now, ARGV[2]) == 0 then return {tonumber(number), new, 0} end
redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', now - 30 * 86400)
redis.call('HINCRBY', ARGV[6] .. number, ARGV[4], ARGV[5])
return {tonumber(number), new, 1}
