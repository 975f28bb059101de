-- What a room's host tells about it now and then. Empty messages and announced leave what the log's appends count.
-- KEYS: room   ARGV: term, members, messages, announced
if redis.call('HGET', KEYS[1], 'term') ~= ARGV[1] then
  return 0
end
redis.call('HSET', KEYS[1], 'members', ARGV[2])
if ARGV[3] ~= '' then
  redis.call('HSET', KEYS[1], 'messages', ARGV[3])
end
if ARGV[4] ~= '' then
  redis.call('HSET', KEYS[1], 'announced', ARGV[4])
end
return 1
