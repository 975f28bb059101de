-- Renews a host's lease, unless another process holds it.
-- KEYS: host   ARGV: instance, lease in ms, field, value, field, value, ...
local holder = redis.call('HGET', KEYS[1], 'instance')
if holder and holder ~= ARGV[1] then
  return 0
end
redis.call('HSET', KEYS[1], 'instance', ARGV[1], unpack(ARGV, 3))
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1
