-- Take a due job that nobody holds, of the first lane that has one: there of the tenant whose last
-- turn is longest ago its first one.
-- KEYS: turns and generations of each lane
-- ARGV: prefix of lease keys, token, milliseconds, prefix of todo keys of each lane, and jobs that
-- are for others
-- The lease holds the token and, after a colon, the generation.
-- Returns {job, generation, tenant, which lane from 1} or nil.
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000
local lanes = #KEYS / 2
local declined = {}
for i = 4 + lanes, #ARGV do declined[ARGV[i]] = true end
for lane = 1, lanes do
  local turns, generations = KEYS[2 * lane - 1], KEYS[2 * lane]
  for _, tenant in ipairs(redis.call('ZRANGE', turns, 0, -1)) do
    local todo = ARGV[3 + lane] .. tenant
    for _, job in ipairs(redis.call('ZRANGE', todo, '-inf', now, 'BYSCORE', 'LIMIT', 0, 200)) do
      local generation = redis.call('HGET', generations, job) or '0'
      local holder = ARGV[2] .. ':' .. generation
      if not declined[job] and redis.call('SET', ARGV[1] .. job, holder, 'NX', 'PX', ARGV[3]) then
        redis.call('ZADD', turns, now, tenant)
        return {job, generation, tenant, lane}
      end
    end
    if redis.call('EXISTS', todo) == 0 then redis.call('ZREM', turns, tenant) end
  end
end
return nil
