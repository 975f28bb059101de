-- Acquires or renews a role that one process at a time has. Returns 0 if another process has it.
-- KEYS: role   ARGV: instance, lifetime in ms
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then
  return 0
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
