-- Reads the newest entries of the audit trail, newest first.
-- KEYS: entries   ARGV: the number before which they begin ('': from the newest), maximum number of entries
-- Returns the time in ms, then the entries.
local time = redis.call('TIME')
local max = '+inf'
if ARGV[1] ~= '' then
  max = '(' .. ARGV[1]
end
local entries = redis.call('ZREVRANGEBYSCORE', KEYS[1], max, '-inf', 'LIMIT', 0, ARGV[2])
return {string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000)), entries}
