-- Take the first due job that nobody holds.
-- KEYS: todo, generations   ARGV: prefix of lease keys, token, milliseconds
-- Returns {job, generation} or nil.
local now = redis.call('TIME')
local due = redis.call('ZRANGE', KEYS[1], '-inf', now[1] + now[2] / 1000000, 'BYSCORE', 'LIMIT', 0, 200)
for _, job in ipairs(due) do
  if redis.call('SET', ARGV[1] .. job, ARGV[2], 'NX', 'PX', ARGV[3]) then
    return {job, redis.call('HGET', KEYS[2], job) or '0'}
  end
end
return nil
