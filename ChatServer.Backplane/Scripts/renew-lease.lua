-- Acquires or renews a host's lease and stores its record. Returns 0 if another process holds the lease. Adds the host to the set of hosts
-- each time, because a process that finds no lease removes it from the set.
-- KEYS: host, hosts, instance   ARGV: instance, lifetime of the lease in ms, retention of the instance in ms, host id, field, value, ...
local holder = redis.call('HGET', KEYS[1], 'instance')
if holder and holder ~= ARGV[1] then
  return 0
end
redis.call('HSET', KEYS[1], 'instance', ARGV[1], unpack(ARGV, 5))
redis.call('PEXPIRE', KEYS[1], ARGV[2])
redis.call('SADD', KEYS[2], ARGV[4])
redis.call('SET', KEYS[3], ARGV[4], 'PX', ARGV[3])
return 1
