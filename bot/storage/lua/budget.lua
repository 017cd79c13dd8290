-- Whether one more request may be sent now; if so it is counted, by the server's clock.
-- KEYS: what the service told us, contents written, points spent, share that it says is left
-- ARGV: request ("": only ask), share of each limit that it may use, contents under way at most,
--       then for each limit: number of its key, cost, seconds, most; those of contents first
-- Returns {seconds to wait, share that is left, now}. A content under way is counted as if it were
-- written in ARGV[4] seconds, until its end is known. While a content that may use everything waits
-- (and ten seconds longer, to come back in), no other goes.
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000
local told = redis.call('HMGET', KEYS[1], 'until', 'most', 'first')
local wait, left, longest = math.max(0, (told[1] or 0) - now), 1, {}
local first = math.max(0, (told[3] or 0) - now)
local held = wait > 0 or first > 0
local content = ARGV[5] == '2'
local remaining = redis.call('GET', KEYS[4])
if remaining and remaining + 0 < (1 - ARGV[2]) / 2 then
  wait = math.max(wait, redis.call('PTTL', KEYS[4]) / 1000)
end
if content and ARGV[2] + 0 < 1 then wait = math.max(wait, first) end
for i = 5, #ARGV, 4 do
  local key, cost, seconds, most = KEYS[tonumber(ARGV[i])], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3] + 0
  if key == KEYS[2] and told[2] and seconds == '60' then most = math.min(most, told[2]) end
  local from = '(' .. now - seconds
  local used = redis.call('ZCOUNT', key, from, '+inf')
  left, longest[key] = math.min(left, 1 - used / most), math.max(longest[key] or 0, seconds)
  local over = used + cost - math.max(cost, math.floor(most * ARGV[2] + 0.001))
  if over > 0 then
    local oldest = redis.call('ZRANGE', key, from, '+inf', 'BYSCORE', 'LIMIT', over - 1, 1, 'WITHSCORES')
    wait = math.max(wait, math.min(oldest[2] or now, now) + seconds - now)
  end
end
if ARGV[3] + 0 > 0 and redis.call('ZCOUNT', KEYS[2], '(' .. now, '+inf') >= ARGV[3] + 0 then
  wait = math.max(wait, 0.1)
end
if content and ARGV[1] ~= '' and ARGV[2] + 0 == 1 and wait > 1 then
  redis.call('HSET', KEYS[1], 'first', now + wait + 10)
  redis.call('EXPIRE', KEYS[1], math.max(redis.call('TTL', KEYS[1]), math.ceil(wait) + 10))
end
if ARGV[1] ~= '' and wait == 0 then
  for i = 5, #ARGV, 4 do
    local key = KEYS[tonumber(ARGV[i])]
    for n = 1, ARGV[i + 1] do
      redis.call('ZADD', key, key == KEYS[2] and now + ARGV[4] or now, ARGV[1] .. ':' .. n)
    end
    redis.call('ZREMRANGEBYSCORE', key, '-inf', now - longest[key])
    redis.call('EXPIRE', key, longest[key] + 60)
  end
end
return {tostring(wait), tostring(held and 0 or left), tostring(now)}
