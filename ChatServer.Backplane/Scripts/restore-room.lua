-- Restores a room that Redis lost while its host had it open: same host and port, higher term, new epoch, empty log. The announcements were
-- lost too, so all that exist now were posted after the loss, and the room must get them: announced is 0.
-- KEYS: room, log, seats, message keys   ARGV: host, options, durability, createdAt, epoch, instance, address, port, term,
--   version of the sanctions, which the host has restored, data version
-- Returns 0 if a room of this name exists.
if redis.call('EXISTS', KEYS[1]) == 1 then
  return 0
end
redis.call('DEL', KEYS[2], KEYS[3], KEYS[4])
redis.call('HSET', KEYS[1], 'host', ARGV[1], 'options', ARGV[2], 'durability', ARGV[3], 'createdAt', ARGV[4],
  'epoch', ARGV[5], 'announced', 0, 'instance', ARGV[6], 'address', ARGV[7], 'port', ARGV[8], 'term', ARGV[9],
  'sanctions', ARGV[10], 'version', ARGV[11], 'state', 'open', 'seq', 0, 'messages', 0, 'members', 0)
return 1
