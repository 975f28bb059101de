-- Puts back a room that Redis forgot while its host kept it open: same place, higher term, new epoch, empty log.
-- KEYS: room, log   ARGV: host, options, durability, createdAt, epoch, announced, instance, address, port, term
if redis.call('EXISTS', KEYS[1]) == 1 then
  return 0
end
redis.call('DEL', KEYS[2])
redis.call('HSET', KEYS[1], 'host', ARGV[1], 'options', ARGV[2], 'durability', ARGV[3], 'createdAt', ARGV[4],
  'epoch', ARGV[5], 'announced', ARGV[6], 'instance', ARGV[7], 'address', ARGV[8], 'port', ARGV[9], 'term', ARGV[10],
  'state', 'open', 'seq', 0, 'messages', 0, 'members', 0)
return 1
