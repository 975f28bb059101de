-- Releases a lease at a graceful stop, so that other processes need not wait for its expiry.
-- KEYS: host   ARGV: instance
if redis.call('HGET', KEYS[1], 'instance') == ARGV[1] then
  return redis.call('DEL', KEYS[1])
end
return 0
