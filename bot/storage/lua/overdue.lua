-- Count due jobs that nobody holds, as far as 500.
-- KEYS: turns   ARGV: prefix of todo keys, prefix of lease keys
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000
local found = 0
for _, tenant in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
  local todo = ARGV[1] .. tenant
  for _, job in ipairs(redis.call('ZRANGE', todo, '-inf', now, 'BYSCORE', 'LIMIT', 0, 500)) do
    if redis.call('EXISTS', ARGV[2] .. job) == 0 then found = found + 1 end
    if found == 500 then return found end
  end
end
return found
