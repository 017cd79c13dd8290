-- Count a cluster anew from its items, if its record is still what was read.
-- KEYS: clusters, and the read model's   ARGV: cluster, record, its standing
local cluster, sum = ARGV[1], {}
if redis.call('HGET', KEYS[1], cluster) ~= ARGV[2] then return 0 end
if standing(cluster) then
  add(sum, tally(tallies .. cluster), -1)
  restate(cluster, ARGV[3])
else
  redis.call('DEL', tallies .. cluster)
  found(cluster, ARGV[3])
end
for _, item in ipairs(redis.call('ZRANGE', members .. cluster, 0, -1)) do
  add(sum, tally(occurrences .. item), 1)
end
count(cluster, sum)
return 1
