-- Replaces the options of a room, unless they changed since the caller read them.
-- KEYS: room   ARGV: the options that the caller read, the new options
-- Returns the room's host; '' if the options are others now; false if there is no such room, or if it is closing.
local room = redis.call('HMGET', KEYS[1], 'options', 'state', 'host')
if not room[1] or room[2] == 'closing' then
  return false
end
if room[1] ~= ARGV[1] then
  return ''
end
redis.call('HSET', KEYS[1], 'options', ARGV[2])
return room[3]
