-- Orders a room to be shut down. Its host closes the members and then deletes it.
-- KEYS: room   ARGV: the term it must have, or '' for any
local term = redis.call('HGET', KEYS[1], 'term')
if not term or (ARGV[1] ~= '' and ARGV[1] ~= term) then
  return false
end
redis.call('HSET', KEYS[1], 'state', 'closing')
return redis.call('HGET', KEYS[1], 'host')
