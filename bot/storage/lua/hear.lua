-- Write down what was said, once, in its turn, and that it has not ended.
-- KEYS: commands, heard, queue   ARGV: command, utterance as JSON, second it was heard, turn
if redis.call('HSETNX', KEYS[1], ARGV[1], ARGV[2]) == 0 then return 0 end
redis.call('ZADD', KEYS[2], ARGV[3], ARGV[1])
redis.call('ZADD', KEYS[3], 0, ARGV[4])
return 1
