-- How an issue stands at its source, unless something newer is known.
-- KEYS: states of issues   ARGV: item, second, how ("open", or how it ended), prefix of the sets of ended
-- Returns 1 when it stands otherwise than before.
local second, before = string.match(redis.call('HGET', KEYS[1], ARGV[1]) or '0 open', '^(%S+) (.+)$')
if tonumber(second) > tonumber(ARGV[2]) then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2] .. ' ' .. ARGV[3])
redis.call('SREM', ARGV[4] .. before, ARGV[1])
if ARGV[3] ~= 'open' then redis.call('SADD', ARGV[4] .. ARGV[3], ARGV[1]) end
return before ~= ARGV[3] and 1 or 0
