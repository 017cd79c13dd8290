-- Count due jobs that nobody holds, as far as 500; and for how many seconds the first has been due.
-- KEYS: turns   ARGV: prefix of todo keys, prefix of lease keys, last of the projects to look at
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000
local found, first = 0, now
for _, tenant in ipairs(redis.call('ZRANGE', KEYS[1], 0, ARGV[3])) do
  local todo = ARGV[1] .. tenant
  local due = redis.call('ZRANGE', todo, '-inf', now, 'BYSCORE', 'LIMIT', 0, 500, 'WITHSCORES')
  for i = 1, #due, 2 do
    if redis.call('EXISTS', ARGV[2] .. due[i]) == 0 then
      found, first = found + 1, math.min(first, due[i + 1])
    end
    if found == 500 then return {found, tostring(now - first)} end
  end
end
return {found, tostring(now - first)}
