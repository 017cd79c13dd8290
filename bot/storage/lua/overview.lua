-- The read model, kept in the step that changes what it shows. Put before the scripts that do.
-- The last six KEYS: the hash of standings; prefixes of tallies, of orders, of the clusters with a
-- kind of report, of members, and of occurrences.
-- A cluster without a standing is not counted yet: the rebuild that is under way counts it.
local standings, tallies, orders, kinds, members, occurrences = unpack(KEYS, #KEYS - 5)

-- A tally: hour -> occurrences, `source|audience` -> reports. A cluster's is the sum of its items',
-- that of all open or settled clusters the sum of theirs.
local function tally(key)
  local flat, fields = redis.call('HGETALL', key), {}
  for i = 1, #flat, 2 do fields[flat[i]] = tonumber(flat[i + 1]) end
  return fields
end

local function add(sum, fields, times)
  for field, n in pairs(fields) do sum[field] = (sum[field] or 0) + times * n end
end

local function change(key, field, n)
  local left = redis.call('HINCRBY', key, field, n)
  if left == 0 then redis.call('HDEL', key, field) end
  return left
end

-- log2(1 + sum of n * 2^(hour / 24)): counts that halve each day, for whenever they are compared.
local function heated(heat, fields)
  for field, n in pairs(fields) do
    local hour = tonumber(field)
    if hour and n > 0 then
      local added = hour / 24 + math.log(n) / math.log(2)
      local most = math.max(heat, added)
      heat = most + math.log(2 ^ (heat - most) + 2 ^ (added - most)) / math.log(2)
    end
  end
  return heat
end

local function standing(cluster)
  local held = redis.call('HGET', standings, cluster)
  if held then return string.match(held, '(%S+) (%S+) (%S+) (%S+) (%S+)') end
end

-- Write it down, and list the cluster by it; one without reports is in no list.
local function put(cluster, group, state, severity, heat, total)
  heat = string.format('%.17g', heat)
  redis.call('HSET', standings, cluster,
    table.concat({group, state, severity, heat, string.format('%.0f', total)}, ' '))
  local newest = redis.call('ZREVRANGE', members .. cluster, 0, 0)[1]
  -- A severity outweighs any count: the last hour there is weighs three million.
  local grade = (4 - tonumber(string.sub(severity, 2))) * 1e7
  for sort, score in pairs({severity = grade + heat, recent = newest or 0, count = total}) do
    for _, list in ipairs({group, state}) do
      if newest then
        redis.call('ZADD', orders .. list .. ':' .. sort, score, cluster)
      else
        redis.call('ZREM', orders .. list .. ':' .. sort, cluster)
      end
    end
  end
end

-- A new cluster; `said` is its group, state and severity.
local function found(cluster, said)
  redis.call('HSET', standings, cluster, said .. ' 0 0')
end

-- What came into a cluster; what went is negative.
local function count(cluster, fields)
  local group, state, severity, heat, total = standing(cluster)
  if not group then return end
  local taken = false
  for field, n in pairs(fields) do
    if n ~= 0 then
      change(tallies .. group, field, n)
      local left = change(tallies .. cluster, field, n)
      if tonumber(field) then
        total = total + n
      else
        redis.call(left > 0 and 'SADD' or 'SREM', kinds .. field, cluster)
      end
      taken = taken or n < 0
    end
  end
  heat = taken and heated(0, tally(tallies .. cluster)) or heated(tonumber(heat), fields)
  put(cluster, group, state, severity, heat, total)
end

-- Its record says another state or severity.
local function restate(cluster, said)
  local group, state, severity, heat, total = standing(cluster)
  if not group or said == group .. ' ' .. state .. ' ' .. severity then return end
  local to, new, grade = string.match(said, '(%S+) (%S+) (%S+)')
  if to ~= group then
    for field, n in pairs(tally(tallies .. cluster)) do
      change(tallies .. group, field, -n)
      change(tallies .. to, field, n)
    end
  end
  for _, sort in ipairs({'severity', 'recent', 'count'}) do
    redis.call('ZREM', orders .. group .. ':' .. sort, cluster)
    redis.call('ZREM', orders .. state .. ':' .. sort, cluster)
  end
  put(cluster, to, new, grade, heat, total)
end

