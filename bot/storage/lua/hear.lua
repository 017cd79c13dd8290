-- Write down what was said, once, and that it has not ended.
-- KEYS: commands, heard   ARGV: command, utterance as JSON, second it was heard
if redis.call('HSETNX', KEYS[1], ARGV[1], ARGV[2]) == 0 then return 0 end
redis.call('ZADD', KEYS[2], ARGV[3], ARGV[1])
return 1
