-- The host that a room was given to cannot open it, or not again after an earlier process of it had: it is to be placed elsewhere.
-- KEYS: room   ARGV: host, instance
local room = redis.call('HMGET', KEYS[1], 'host', 'state', 'instance')
if room[1] == ARGV[1] and (room[2] == 'placing' or (room[2] == 'open' and room[3] ~= ARGV[2])) then
  redis.call('HSET', KEYS[1], 'state', 'refused')
end
return 1
