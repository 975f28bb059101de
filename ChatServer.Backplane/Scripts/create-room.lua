-- Makes a room unless it exists; its first host is to open it. One of many concurrent callers gets 1.
-- The term begins with the time, not with 1: a host that slept through the deletion of an earlier room of this name is fenced off too.
-- KEYS: room   ARGV: host, options, durability, createdAt, epoch, announced, traceparent (missing or '' : none)
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
