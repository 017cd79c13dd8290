-- An item is counted elsewhere from now on: it takes its occurrences and its report along.
-- KEYS: membership, and the read model's   ARGV: item
local cluster, gone = redis.call('HGET', KEYS[1], ARGV[1]), {}
add(gone, tally(occurrences .. ARGV[1]), -1)
if cluster then count(cluster, gone) end
redis.call('DEL', occurrences .. ARGV[1])
return 1
