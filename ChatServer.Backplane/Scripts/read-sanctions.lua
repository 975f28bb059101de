-- Reads sanctions, and the clock by which they expire.
-- KEYS: sanctions
-- Returns the time in Unix ms, and the hash: field, value, field, value, ...
local time = redis.call('TIME')
return {string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000)), redis.call('HGETALL', KEYS[1])}
