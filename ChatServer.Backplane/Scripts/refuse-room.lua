-- The host that a room is assigned to cannot open it, or cannot reopen a room that an earlier process of it had open. Placement must assign
-- the room to another host.
-- KEYS: room   ARGV: host, instance
local room = redis.call('HMGET', KEYS[1], 'host', 'state', 'instance')
if room[1] == ARGV[1] and (room[2] == 'placing' or (room[2] == 'open' and room[3] ~= ARGV[2])) then
  redis.call('HSET', KEYS[1], 'state', 'refused')
end
return 1
