-- Count an event once; make its item when it is the first of its key.
-- KEYS: item keys, items, events, counter, waiting, membership, seen, reports used of the
--       quota, and the read model's
-- ARGV: key, event ("": the one that makes the item), item as JSON without a number, hour, count,
--       second of the event, `source|audience`, and where its source tells of it twice the name by
--       which the other telling is known and that of this one, else "", 1 for history: it waits
--       behind what is live, new reports at most (0: any number, "": of no quota), field of those
--       refused
-- Returns {number, new item 0|1, counted 0|1}; number 0 was deleted before we heard of it, and -1 is
-- over the quota: how many such there are is counted, and each once.
local number = redis.call('HGET', KEYS[1], ARGV[1])
local new, now = 0, tonumber(redis.call('TIME')[1])
if not number and ARGV[11] ~= '' then
  local over = ARGV[11] ~= '0' and (redis.call('HGET', KEYS[8], 'used') or 0) - ARGV[11] >= 0
  if not over then
    redis.call('HINCRBY', KEYS[8], 'used', 1)
  elseif redis.call('ZADD', KEYS[3], 'NX', now, 'refused:' .. ARGV[1]) == 1 then
    redis.call('HINCRBY', KEYS[8], ARGV[12], 1)
  end
  redis.call('EXPIRE', KEYS[8], 34560000)
  if over then return {-1, 0, 0} end
end
if not number then
  number = redis.call('INCR', KEYS[4])
  redis.call('HSET', KEYS[1], ARGV[1], number)
  redis.call('HSET', KEYS[2], number, '{"number":' .. number .. ',' .. string.sub(ARGV[3], 2))
  redis.call('HSET', occurrences .. number, ARGV[7], 1)
  redis.call('ZADD', KEYS[5], number + ARGV[10] * 2 ^ 40, number)
  new = 1
elseif redis.call('EXISTS', occurrences .. number) == 0 then
  return {tonumber(number), 0, 0} -- was deleted, or has moved: it is counted where it is
end
local last = redis.call('HGET', KEYS[7], number)
if not last or tonumber(last) < tonumber(ARGV[6]) then
  redis.call('HSET', KEYS[7], number, ARGV[6])
end
local known
if ARGV[2] == '' then known = new == 0
else known = redis.call('ZADD', KEYS[3], 'NX', now, ARGV[2]) == 0 end
if ARGV[9] ~= '' then
  known = redis.call('ZSCORE', KEYS[3], ARGV[8]) or known
  redis.call('ZADD', KEYS[3], 'NX', now, ARGV[9])
end
if known then return {tonumber(number), new, 0} end
redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', now - 30 * 86400)
redis.call('HINCRBY', occurrences .. number, ARGV[4], ARGV[5])
local cluster = redis.call('HGET', KEYS[6], number)
if cluster then count(cluster, {[ARGV[4]] = tonumber(ARGV[5])}) end
return {tonumber(number), new, 1}
