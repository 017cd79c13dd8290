-- Apply a correction in one step, if everything is still as it was when it was worked out.
-- KEYS: operations, membership, clusters, must pairs, cannot pairs
-- ARGV: prefix of member keys, plan as JSON:
--   log      number of operations so far
--   members  {cluster: "item,item"} as they must be now
--   records  [[cluster, record as it must be now or "", record to write]]
--   moves    [[item, from, to]]
--   must_added, must_taken, cannot_added, cannot_taken  ["a,b"]
--   entry    the operation as JSON
-- Returns 1; 0 when something has changed, and then nothing was written.
local plan = cjson.decode(ARGV[2])
if redis.call('LLEN', KEYS[1]) ~= plan.log then return 0 end
for cluster, expected in pairs(plan.members) do
  local held = redis.call('ZRANGE', ARGV[1] .. cluster, 0, -1)
  if table.concat(held, ',') ~= expected then return 0 end
end
for _, record in ipairs(plan.records) do
  if (redis.call('HGET', KEYS[3], record[1]) or '') ~= record[2] then return 0 end
end
for _, record in ipairs(plan.records) do
  redis.call('HSET', KEYS[3], record[1], record[3])
end
for _, move in ipairs(plan.moves) do
  redis.call('ZREM', ARGV[1] .. move[2], move[1])
  redis.call('ZADD', ARGV[1] .. move[3], move[1], move[1])
  redis.call('HSET', KEYS[2], move[1], move[3])
end
for _, link in ipairs(plan.must_taken) do redis.call('SREM', KEYS[4], link) end
for _, link in ipairs(plan.cannot_taken) do redis.call('SREM', KEYS[5], link) end
for _, link in ipairs(plan.must_added) do redis.call('SADD', KEYS[4], link) end
for _, link in ipairs(plan.cannot_added) do redis.call('SADD', KEYS[5], link) end
redis.call('RPUSH', KEYS[1], plan.entry)
return 1
