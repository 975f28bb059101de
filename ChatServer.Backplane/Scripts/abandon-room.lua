-- Removes a room whose creation found no host, unless the room was opened or is another one than the caller created.
-- KEYS: room, log, and the other keys of the room   ARGV: the epoch that the caller gave to the room
-- Returns the host that the room was last assigned to, or false.
local room = redis.call('HMGET', KEYS[1], 'epoch', 'state', 'seq', 'host')
if room[1] ~= ARGV[1] or room[3] ~= '0' or not (room[2] == 'placing' or room[2] == 'refused') then
  return false
end
-- The log first: if Redis crashes in between, no log without a room remains for the next room of this name.
redis.call('DEL', unpack(KEYS, 2))
redis.call('DEL', KEYS[1])
return room[4]
