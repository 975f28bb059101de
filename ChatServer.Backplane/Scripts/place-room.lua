-- Assigns a room to another host. The term increases, so the previous host can no longer write; it is at least the time, as in
-- claim-room.lua. Returns 0 if the term changed, or if the room is closing.
-- KEYS: room   ARGV: the term that the caller read, new host, traceparent (missing or '': keeps that of an earlier order that no host has
--   carried out)
if redis.call('HGET', KEYS[1], 'term') ~= ARGV[1] or redis.call('HGET', KEYS[1], 'state') == 'closing' then
  return 0
end
local time = redis.call('TIME')
local term = math.max(tonumber(ARGV[1]) + 1, time[1] * 1000 + math.floor(time[2] / 1000))
redis.call('HSET', KEYS[1], 'term', string.format('%.0f', term), 'host', ARGV[2], 'state', 'placing', 'members', 0, 'instance', '',
  'address', '', 'port', 0)
if ARGV[3] and ARGV[3] ~= '' then
  redis.call('HSET', KEYS[1], 'traceparent', ARGV[3])
end
return 1
