-- A stretch of a room's log, by sequence. The list's first entry says where the list begins; what lies behind the room's seq is an append
-- that Redis did not survive (see append.lua), and not in the log.
-- KEYS: room, log   ARGV: 'before' or 'after', a sequence ('' : from the newest), how many at most
-- Returns epoch, seq of the oldest entry, newest seq, seq of the first entry returned, the entries; or false when there is no such room.
local room = redis.call('HMGET', KEYS[1], 'epoch', 'seq')
if not room[1] then
  return false
end
local newest = tonumber(room[2])
local oldest = newest + 1
local length = redis.call('LLEN', KEYS[2])
if length > 0 then
  oldest = tonumber(string.match(redis.call('LINDEX', KEYS[2], 0), '"seq":(%d+)')) or oldest - length
end
local limit = tonumber(ARGV[3])
local from, to
if ARGV[1] == 'after' then
  from = math.max(oldest, tonumber(ARGV[2]) + 1)
  to = math.min(newest, from + limit - 1)
else
  to = newest
  if ARGV[2] ~= '' then
    to = math.min(newest, tonumber(ARGV[2]) - 1)
  end
  from = math.max(oldest, to - limit + 1)
end
local entries = {}
if from <= to then
  entries = redis.call('LRANGE', KEYS[2], from - oldest, to - oldest)
end
return {room[1], oldest, newest, from, entries}
