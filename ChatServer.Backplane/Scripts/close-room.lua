-- Orders the shutdown of a room. Its host closes the members and then deletes the room.
-- KEYS: room   ARGV: the term that the room must have, or '' for any; traceparent (missing or '': none). The traceparent of the first
--   order is kept.
-- Returns the room's host, or false if there is no such room or its term differs.
local term = redis.call('HGET', KEYS[1], 'term')
if not term or (ARGV[1] ~= '' and ARGV[1] ~= term) then
  return false
end
if redis.call('HGET', KEYS[1], 'state') ~= 'closing' then
  -- First, because it needs no memory: see renew-lease.lua. A room can be deleted although Redis has no free memory.
  redis.call('HDEL', KEYS[1], 'traceparent')
  redis.call('HSET', KEYS[1], 'state', 'closing')
  if ARGV[2] and ARGV[2] ~= '' then
    redis.call('HSET', KEYS[1], 'traceparent', ARGV[2])
  end
end
return redis.call('HGET', KEYS[1], 'host')
