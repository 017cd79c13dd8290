-- Ask several keys the same, in one command.   KEYS: those   ARGV: a command that reads, its arguments
local found = {}
for i, key in ipairs(KEYS) do
  found[i] = redis.call(ARGV[1], key, unpack(ARGV, 2))
end
return found
