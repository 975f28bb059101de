-- Numbers an announcement and keeps it, at once: a reader that saw number 6 will not meet number 5 later.
-- KEYS: counter, announcements   ARGV: announcement (JSON)
-- Returns its number.
local number = redis.call('INCR', KEYS[1])
redis.call('ZADD', KEYS[2], number, ARGV[1])
return number
