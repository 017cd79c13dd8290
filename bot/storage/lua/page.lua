-- A page of clusters, best first, and how many there are.
-- KEYS: a key to work in, lists in their order, sets a cluster must be in one of
-- ARGV: first, how many, how many of KEYS are lists
local lists, total, page = tonumber(ARGV[3]), 0, {}
for i = 2, 1 + lists do
  local list = KEYS[i]
  if #KEYS > 1 + lists then
    redis.call('SUNIONSTORE', KEYS[1], unpack(KEYS, 2 + lists))
    redis.call('ZINTERSTORE', KEYS[1], 2, list, KEYS[1], 'WEIGHTS', 1, 0)
    list = KEYS[1]
  end
  local first, wanted = math.max(ARGV[1] - total, 0), ARGV[2] - #page
  if wanted > 0 then
    for _, cluster in ipairs(redis.call('ZREVRANGE', list, first, first + wanted - 1)) do
      table.insert(page, cluster)
    end
  end
  total = total + redis.call('ZCARD', list)
end
if #KEYS > 1 + lists then redis.call('DEL', KEYS[1]) end
return {total, page}
