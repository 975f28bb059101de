-- Takes back a creation that found no host: deletes the room unless it was opened, or is no longer the one that the caller made.
-- KEYS: room, log, seats, said   ARGV: epoch that the caller gave it
-- Returns the host that it was given to last, or false.
local room = redis.call('HMGET', KEYS[1], 'epoch', 'state', 'seq', 'host')
if room[1] ~= ARGV[1] or room[3] ~= '0' or not (room[2] == 'placing' or room[2] == 'refused') then
  return false
end
-- The log first: a Redis that dies in between must not keep one without a room, for the next room of this name to find.
redis.call('DEL', KEYS[2], KEYS[3], KEYS[4])
redis.call('DEL', KEYS[1])
return room[4]
