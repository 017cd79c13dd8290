-- Add the hours that are no longer told apart to field 0. What is no number is no hour.
-- KEYS: hashes of hour -> count   ARGV: first hour that is told apart
for _, key in ipairs(KEYS) do
  local held = redis.call('HGETALL', key)
  for i = 1, #held, 2 do
    local hour = tonumber(held[i])
    if hour and hour > 0 and hour < tonumber(ARGV[1]) then
      redis.call('HINCRBY', key, 0, held[i + 1])
      redis.call('HDEL', key, held[i])
    end
  end
end
