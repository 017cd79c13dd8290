-- Take a due job that nobody holds: of the tenant whose last turn is longest ago its first one.
-- KEYS: turns, generations   ARGV: prefix of todo keys, prefix of lease keys, token, milliseconds,
-- and jobs that are for others
-- Returns {job, generation, tenant} or nil.
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000
local declined = {}
for i = 5, #ARGV do declined[ARGV[i]] = true end
for _, tenant in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
  local todo = ARGV[1] .. tenant
  for _, job in ipairs(redis.call('ZRANGE', todo, '-inf', now, 'BYSCORE', 'LIMIT', 0, 200)) do
    if not declined[job] and redis.call('SET', ARGV[2] .. job, ARGV[3], 'NX', 'PX', ARGV[4]) then
      redis.call('ZADD', KEYS[1], now, tenant)
      return {job, redis.call('HGET', KEYS[2], job) or '0', tenant}
    end
  end
  if redis.call('EXISTS', todo) == 0 then redis.call('ZREM', KEYS[1], tenant) end
end
return nil
