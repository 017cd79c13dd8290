-- Agree on the embedder of a project: the first one stays until no worker offers it any more.
-- KEYS: the one agreed on, offers   ARGV: embedder, machine, seconds that an offer of another
-- machine stands without a sign, seconds that one of this machine does
-- Returns the embedder agreed on.
local now = redis.call('TIME')[1]
redis.call('ZADD', KEYS[2], now, ARGV[1] .. '@' .. ARGV[2])
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now - ARGV[3])
local agreed = redis.call('GET', KEYS[1])
if agreed and agreed ~= ARGV[1] then
  local offers = redis.call('ZRANGE', KEYS[2], 0, -1, 'WITHSCORES')
  for i = 1, #offers, 2 do
    local embedder, machine = string.match(offers[i], '^(.*)@(.-)$')
    local recent = now - offers[i + 1] < tonumber(ARGV[4])
    if embedder == agreed and (machine ~= ARGV[2] or recent) then return agreed end
  end
end
redis.call('SET', KEYS[1], ARGV[1])
return ARGV[1]
