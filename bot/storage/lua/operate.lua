-- Apply a correction in one step, if everything is still as it was when it was worked out.
-- KEYS: operations, membership, clusters, must pairs, cannot pairs, placements, and the read model's
-- ARGV: plan as JSON:
--   log      number of operations so far
--   members  {cluster: "item,item"} as they must be now
--   records  [[cluster, record as it must be now or "", record to write, its standing]]
--   moves    [[item, from, to]]
--   must_added, must_taken, cannot_added, cannot_taken  ["a,b"]
--   entry    the operation as JSON
-- Returns 1; 0 when something has changed, and then nothing was written.
local plan = cjson.decode(ARGV[1])
if redis.call('LLEN', KEYS[1]) ~= plan.log then return 0 end
for cluster, expected in pairs(plan.members) do
  local held = redis.call('ZRANGE', members .. cluster, 0, -1)
  if table.concat(held, ',') ~= expected then return 0 end
end
for _, record in ipairs(plan.records) do
  if (redis.call('HGET', KEYS[3], record[1]) or '') ~= record[2] then return 0 end
end
for _, record in ipairs(plan.records) do
  redis.call('HSET', KEYS[3], record[1], record[3])
  if record[2] == '' then found(record[1], record[4]) else restate(record[1], record[4]) end
end
local moved = {}
for _, move in ipairs(plan.moves) do
  redis.call('ZREM', members .. move[2], move[1])
  redis.call('ZADD', members .. move[3], move[1], move[1])
  redis.call('HSET', KEYS[2], move[1], move[3])
  local brought = tally(occurrences .. move[1])
  for cluster, times in pairs({[move[2]] = -1, [move[3]] = 1}) do
    moved[cluster] = moved[cluster] or {}
    add(moved[cluster], brought, times)
  end
  redis.call('XADD', KEYS[6], 'MAXLEN', '~', 4096, '*', move[1], move[3])
end
for cluster, fields in pairs(moved) do count(cluster, fields) end
for _, link in ipairs(plan.must_taken) do redis.call('SREM', KEYS[4], link) end
for _, link in ipairs(plan.cannot_taken) do redis.call('SREM', KEYS[5], link) end
for _, link in ipairs(plan.must_added) do redis.call('SADD', KEYS[4], link) end
for _, link in ipairs(plan.cannot_added) do redis.call('SADD', KEYS[5], link) end
redis.call('RPUSH', KEYS[1], plan.entry)
return 1
