-- Takes one of the uses that a window of time allows. The window begins with the first use.
-- KEYS: uses   ARGV: maximum number of uses, length of the window in ms
-- Returns 0, or the time in ms until the window ends if all uses are taken.
local uses = redis.call('INCR', KEYS[1])
if uses == 1 then
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
if uses <= tonumber(ARGV[1]) then
  return 0
end
return math.max(1, redis.call('PTTL', KEYS[1]))
