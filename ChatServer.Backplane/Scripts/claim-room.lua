-- The host that a room is assigned to claims it. The term increases, so an earlier process of the same host is fenced too. If the log was
-- in the memory of the previous host, it is lost and a new epoch begins.
-- A term is at least the time: after the promotion of a replica with an older term, no term is given twice.
-- KEYS: room, seats   ARGV: host, instance, address, port, a new epoch, 1 to use it in any case, data version
-- Returns the room and its seats, or false.
local room = redis.call('HMGET', KEYS[1], 'host', 'state', 'durability', 'term')
if room[1] ~= ARGV[1] or room[2] == 'closing' then
  return false
end
-- The order that this field belongs to is carried out: a later opening is not part of its trace. The first write, because it needs no memory:
-- see renew-lease.lua.
redis.call('HDEL', KEYS[1], 'traceparent')
local time = redis.call('TIME')
local term = math.max(tonumber(room[4]) + 1, time[1] * 1000 + math.floor(time[2] / 1000))
redis.call('HSET', KEYS[1], 'term', string.format('%.0f', term))
if room[3] == 'memory' then
  redis.call('HSET', KEYS[1], 'epoch', ARGV[5], 'seq', 0, 'messages', 0)
elseif ARGV[6] == '1' then
  redis.call('HSET', KEYS[1], 'epoch', ARGV[5])
end
redis.call('HSET', KEYS[1], 'state', 'open', 'instance', ARGV[2], 'address', ARGV[3], 'port', ARGV[4], 'members', 0,
  'version', ARGV[7])
return {redis.call('HGETALL', KEYS[1]), redis.call('HGETALL', KEYS[2])}
