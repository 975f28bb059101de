-- Deletes a closing room with its history, if it is still this host's.
-- KEYS: room, log, seats, said   ARGV: host
local room = redis.call('HMGET', KEYS[1], 'host', 'state')
if room[1] ~= ARGV[1] or room[2] ~= 'closing' then
  return 0
end
-- The log first: a Redis that dies in between must not keep one without a room, for the next room of this name to find.
redis.call('DEL', KEYS[2], KEYS[3], KEYS[4])
redis.call('DEL', KEYS[1])
return 1
