-- Gives a room to another host: the term rises, so the host that had it can no longer write.
-- KEYS: room   ARGV: the term the caller saw, new host
if redis.call('HGET', KEYS[1], 'term') ~= ARGV[1] or redis.call('HGET', KEYS[1], 'state') == 'closing' then
  return 0
end
redis.call('HINCRBY', KEYS[1], 'term', 1)
redis.call('HSET', KEYS[1], 'host', ARGV[2], 'state', 'placing', 'members', 0, 'instance', '', 'address', '', 'port', 0)
return 1
