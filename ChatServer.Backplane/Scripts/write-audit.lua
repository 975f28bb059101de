-- Numbers an entry of the audit trail and stores it, and removes entries that are too many or too old.
-- KEYS: counter, entries   ARGV: entry (JSON), maximum number of entries, maximum age in ms
-- Returns its number.
local number = redis.call('INCR', KEYS[1])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZADD', KEYS[2], number, string.format('%d %.0f %s', number, now, ARGV[1]))
redis.call('ZREMRANGEBYRANK', KEYS[2], 0, -1 - ARGV[2])
local oldest = redis.call('ZRANGE', KEYS[2], 0, 0)[1]
while oldest and tonumber(string.match(oldest, '^%d+ (%d+) ') or 0) < now - ARGV[3] do
  redis.call('ZREM', KEYS[2], oldest)
  oldest = redis.call('ZRANGE', KEYS[2], 0, 0)[1]
end
return number
