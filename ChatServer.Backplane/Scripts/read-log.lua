-- Reads a range of a room's log by sequence. The first entry of the list states where the list begins. Entries behind the room's seq belong
-- to an append during which Redis crashed (see append.lua); they are not in the log.
-- KEYS: room, log   ARGV: 'before' or 'after', a sequence ('': from the newest), maximum number of entries
-- Returns epoch, seq of the oldest entry, newest seq, seq of the first entry returned, the entries; or false if there is no such room.
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
