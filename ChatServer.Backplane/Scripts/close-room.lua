-- Orders a room to be shut down. Its host closes the members and then deletes it.
-- KEYS: room   ARGV: the term it must have, or '' for any; traceparent (missing or '' : none), kept from the first order
local term = redis.call('HGET', KEYS[1], 'term')
if not term or (ARGV[1] ~= '' and ARGV[1] ~= term) then
  return false
end
if redis.call('HGET', KEYS[1], 'state') ~= 'closing' then
  redis.call('HSET', KEYS[1], 'state', 'closing')
  if ARGV[2] and ARGV[2] ~= '' then
    redis.call('HSET', KEYS[1], 'traceparent', ARGV[2])
  else
    redis.call('HDEL', KEYS[1], 'traceparent')
  end
end
return redis.call('HGET', KEYS[1], 'host')
