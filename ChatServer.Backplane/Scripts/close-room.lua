-- Orders a room to be shut down. Its host closes the members and then deletes it.
-- KEYS: room
if redis.call('EXISTS', KEYS[1]) == 0 then
  return false
end
redis.call('HSET', KEYS[1], 'state', 'closing')
return redis.call('HGET', KEYS[1], 'host')
