-- Add to the sums of a month in one step, or to none of them where it would pass a cap.
-- KEYS: sums
-- ARGV: days they are kept, how many caps, a field and its most for each; then fields, each with what is added
-- Returns the field whose cap would be passed, or nothing.
local first = 3 + 2 * ARGV[2]
local added = {}
for i = first, #ARGV, 2 do added[ARGV[i]] = tonumber(ARGV[i + 1]) end
for i = 3, first - 1, 2 do
  local more = added[ARGV[i]] or 0
  if more > 0 and (tonumber(redis.call('HGET', KEYS[1], ARGV[i])) or 0) + more > tonumber(ARGV[i + 1]) then
    return ARGV[i]
  end
end
for field, more in pairs(added) do redis.call('HINCRBY', KEYS[1], field, string.format('%.0f', more)) end
redis.call('EXPIRE', KEYS[1], 86400 * ARGV[1])
return ''
