-- Deletes a closing room with its history, if it is still this host's.
-- KEYS: room, log   ARGV: host
local room = redis.call('HMGET', KEYS[1], 'host', 'state')
if room[1] ~= ARGV[1] or room[2] ~= 'closing' then
  return 0
end
redis.call('DEL', KEYS[1], KEYS[2])
return 1
