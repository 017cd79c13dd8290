-- How many members of a set each of the other sets has.   KEYS: set, others
local counts = {}
for i = 2, #KEYS do
  counts[i - 1] = redis.call('ZINTERCARD', 2, KEYS[1], KEYS[i])
end
return counts
