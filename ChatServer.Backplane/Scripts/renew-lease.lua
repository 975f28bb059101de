-- Acquires or renews a host's lease and stores its record. Returns 0 if another process holds the lease.
-- KEYS: host   ARGV: instance, lifetime of the lease in ms, field, value, ...
local holder = redis.call('HGET', KEYS[1], 'instance')
if holder and holder ~= ARGV[1] then
  return 0
end
-- First, because it needs no memory: a Redis without free memory refuses the first write of a script if it needs some, and no later one.
local exists = redis.call('PEXPIRE', KEYS[1], ARGV[2]) == 1
redis.call('HSET', KEYS[1], 'instance', ARGV[1], unpack(ARGV, 3))
if not exists then
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
return 1
