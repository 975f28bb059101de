-- Creates a room unless it exists, and assigns it to its first host. Of many concurrent callers, one gets 1 and the others 0.
-- The term starts at the time of creation, not at 1: this fences a host that was paused while an earlier room of this name was deleted.
-- KEYS: room   ARGV: host, options, durability, createdAt, epoch, announced, traceparent (missing or '': none)
if redis.call('EXISTS', KEYS[1]) == 1 then
  return 0
end
redis.call('HSET', KEYS[1], 'host', ARGV[1], 'options', ARGV[2], 'durability', ARGV[3], 'createdAt', ARGV[4],
  'epoch', ARGV[5], 'announced', ARGV[6], 'state', 'placing', 'term', ARGV[4], 'instance', '', 'address', '', 'port', 0,
  'seq', 0, 'messages', 0, 'members', 0)
if ARGV[7] and ARGV[7] ~= '' then
  redis.call('HSET', KEYS[1], 'traceparent', ARGV[7])
end
return 1
