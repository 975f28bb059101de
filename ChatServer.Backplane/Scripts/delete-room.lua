-- Deletes a closing room with its history, if it is still assigned to this host.
-- KEYS: room, log, and the other keys of the room   ARGV: host
local room = redis.call('HMGET', KEYS[1], 'host', 'state')
if room[1] ~= ARGV[1] or room[2] ~= 'closing' then
  return 0
end
-- The log first: if Redis crashes in between, no log without a room remains for the next room of this name.
redis.call('DEL', unpack(KEYS, 2))
redis.call('DEL', KEYS[1])
return 1
