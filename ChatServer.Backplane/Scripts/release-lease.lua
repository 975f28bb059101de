-- Gives a lease back at a graceful stop, so that nobody waits for it to run out.
-- KEYS: host   ARGV: instance
if redis.call('HGET', KEYS[1], 'instance') == ARGV[1] then
  return redis.call('DEL', KEYS[1])
end
return 0
