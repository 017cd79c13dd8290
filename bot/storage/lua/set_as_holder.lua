-- Write a hash field as the holder of a lease.
-- KEYS: lease, hash   ARGV: token, field, value
-- Returns 1; 0 when the lease is lost, and then nothing was written.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[2], ARGV[2], ARGV[3])
return 1
