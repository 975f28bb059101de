-- Numbers an announcement and stores it, in one step: a reader that has read number 6 never reads number 5 later.
-- KEYS: counter, announcements   ARGV: announcement (JSON)
-- Returns its number.
local number = redis.call('INCR', KEYS[1])
redis.call('ZADD', KEYS[2], number, ARGV[1])
return number
