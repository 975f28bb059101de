-- Stores what a room's host reports periodically. Empty messages and announced: unchanged, because the appends to the log count them.
-- Returns 0 if the room has another term.
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
