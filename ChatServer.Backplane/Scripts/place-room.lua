-- Assigns a room to another host. The term increases, so the previous host can no longer write. Returns 0 if the term changed, or if the
-- room is closing.
-- KEYS: room   ARGV: the term that the caller read, new host, traceparent (missing or '': keeps that of an earlier order that no host has
--   carried out)
if redis.call('HGET', KEYS[1], 'term') ~= ARGV[1] or redis.call('HGET', KEYS[1], 'state') == 'closing' then
  return 0
end
redis.call('HINCRBY', KEYS[1], 'term', 1)
redis.call('HSET', KEYS[1], 'host', ARGV[2], 'state', 'placing', 'members', 0, 'instance', '', 'address', '', 'port', 0)
if ARGV[3] and ARGV[3] ~= '' then
  redis.call('HSET', KEYS[1], 'traceparent', ARGV[3])
end
return 1
