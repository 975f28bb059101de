-- Renews a host's lease, unless another process holds it. Every time it is put among the hosts again: whoever sees it without a
-- lease strikes it off.
-- KEYS: host, hosts, sign of life   ARGV: instance, lease in ms, sign in ms, host's id, field, value, field, value, ...
local holder = redis.call('HGET', KEYS[1], 'instance')
if holder and holder ~= ARGV[1] then
  return 0
end
redis.call('HSET', KEYS[1], 'instance', ARGV[1], unpack(ARGV, 5))
redis.call('PEXPIRE', KEYS[1], ARGV[2])
redis.call('SADD', KEYS[2], ARGV[4])
redis.call('SET', KEYS[3], ARGV[4], 'PX', ARGV[3])
return 1
