-- The host that a room was given to cannot open it: whoever waits for it places it elsewhere.
-- KEYS: room   ARGV: host
local room = redis.call('HMGET', KEYS[1], 'host', 'state')
if room[1] == ARGV[1] and room[2] == 'placing' then
  redis.call('HSET', KEYS[1], 'state', 'refused')
end
return 1
