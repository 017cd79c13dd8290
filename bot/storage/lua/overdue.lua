-- Of each lane: count due jobs that nobody holds, as far as 500; and for how many seconds the first
-- has been due.
-- KEYS: turns of each lane
-- ARGV: prefix of lease keys, last of the projects to look at, prefix of todo keys of each lane
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000
local lanes = {}
for lane, turns in ipairs(KEYS) do
  local found, first = 0, now
  for _, tenant in ipairs(redis.call('ZRANGE', turns, 0, ARGV[2])) do
    local todo = ARGV[2 + lane] .. tenant
    local due = redis.call('ZRANGE', todo, '-inf', now, 'BYSCORE', 'LIMIT', 0, 500, 'WITHSCORES')
    for i = 1, #due, 2 do
      if found < 500 and redis.call('EXISTS', ARGV[1] .. due[i]) == 0 then
        found, first = found + 1, math.min(first, due[i + 1])
      end
    end
    if found == 500 then break end
  end
  lanes[lane] = {found, tostring(now - first)}
end
return lanes
