-- Write a project down, unless it is being erased.
-- KEYS: projects, their names, what is being erased   ARGV: project, record as JSON, name
if redis.call('SISMEMBER', KEYS[3], ARGV[1]) == 1 then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
redis.call('HSET', KEYS[2], ARGV[3], ARGV[1])
return 1
