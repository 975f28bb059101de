-- Stores the number of the newest erasure that a room has carried out.
-- KEYS: room   ARGV: term, number
-- Returns 0 if the room has another term.
if redis.call('HGET', KEYS[1], 'term') ~= ARGV[1] then
  return 0
end
redis.call('HSET', KEYS[1], 'erased', ARGV[2])
return 1
