-- Creates a room unless it exists, and assigns it to its first host. Of many concurrent callers, one gets 1 and the others 0.
-- The term starts at the time of creation, not at 1: this fences a host that was paused while an earlier room of this name was deleted.
-- The time is that of this server, because the clocks of the callers differ: with a lower term than that of the earlier room, processes
-- that know the earlier one would not find the new one.
-- KEYS: room   ARGV: host, options, durability, epoch, announced, traceparent (missing or '': none), erased (missing: 0),
--   data version
if redis.call('EXISTS', KEYS[1]) == 1 then
  return 0
end
local time = redis.call('TIME')
local now = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
redis.call('HSET', KEYS[1], 'host', ARGV[1], 'options', ARGV[2], 'durability', ARGV[3], 'createdAt', now,
  'epoch', ARGV[4], 'announced', ARGV[5], 'state', 'placing', 'term', now, 'instance', '', 'address', '', 'port', 0,
  'seq', 0, 'messages', 0, 'members', 0, 'erased', ARGV[7] or 0,
  'version', ARGV[8] or 1)
if ARGV[6] and ARGV[6] ~= '' then
  redis.call('HSET', KEYS[1], 'traceparent', ARGV[6])
end
return 1
