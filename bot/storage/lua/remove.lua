-- Take an item out as if it had never come.
-- KEYS: item keys, items, waiting, membership, seen, evidence, placements, to judge, judgements,
--       and the read model's   ARGV: item, its key
local cluster = redis.call('HGET', KEYS[4], ARGV[1])
redis.call('HDEL', KEYS[1], ARGV[2])
redis.call('HDEL', KEYS[2], ARGV[1])
redis.call('ZREM', KEYS[3], ARGV[1])
redis.call('HDEL', KEYS[4], ARGV[1])
redis.call('HDEL', KEYS[5], ARGV[1])
redis.call('HDEL', KEYS[6], ARGV[1])
redis.call('ZREM', KEYS[8], ARGV[1])
redis.call('HDEL', KEYS[9], ARGV[1])
if cluster then
  local gone = {}
  add(gone, tally(occurrences .. ARGV[1]), -1)
  redis.call('ZREM', members .. cluster, ARGV[1])
  count(cluster, gone)
  redis.call('XADD', KEYS[7], 'MAXLEN', '~', 4096, '*', ARGV[1], 0)
end
redis.call('DEL', occurrences .. ARGV[1])
return 1
