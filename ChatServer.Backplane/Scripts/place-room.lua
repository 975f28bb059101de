-- Gives a room to another host: the term rises, so the host that had it can no longer write.
-- KEYS: room   ARGV: the term the caller saw, new host, traceparent (missing or '' : leaves what
-- there is, which is that of an earlier order that no host carried out)
if redis.call('HGET', KEYS[1], 'term') ~= ARGV[1] or redis.call('HGET', KEYS[1], 'state') == 'closing' then
  return 0
end
redis.call('HINCRBY', KEYS[1], 'term', 1)
redis.call('HSET', KEYS[1], 'host', ARGV[2], 'state', 'placing', 'members', 0, 'instance', '', 'address', '', 'port', 0)
if ARGV[3] and ARGV[3] ~= '' then
  redis.call('HSET', KEYS[1], 'traceparent', ARGV[3])
end
return 1
