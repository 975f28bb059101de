-- Finds the messages of a user in a room's log that are not deleted.
-- KEYS: room, log   ARGV: the property uid in JSON, seq after which to search, most messages to return
-- Returns the epoch, and seq, entry, seq, entry, ...; or false if there is no such room.
local room = redis.call('HMGET', KEYS[1], 'epoch', 'seq')
if not room[1] then
  return false
end
local found = {room[1]}
local length = redis.call('LLEN', KEYS[2])
if length == 0 then
  return found
end
local first = tonumber(string.match(redis.call('LINDEX', KEYS[2], 0), '"seq":(%d+)'))
local last = tonumber(room[2])
local limit = tonumber(ARGV[3])
-- In parts: the log can have 160 MB.
local PART = 100
for from = math.max(first, tonumber(ARGV[2]) + 1), last, PART do
  local entries = redis.call('LRANGE', KEYS[2], from - first, math.min(last, from + PART - 1) - first)
  for i = 1, #entries do
    -- A quote in a text is escaped, so these bytes are the property of the event.
    if string.find(entries[i], ARGV[1], 1, true) and not string.find(entries[i], ',"deleted":{', 1, true) then
      found[#found + 1] = string.format('%.0f', from + i - 1)
      found[#found + 1] = entries[i]
      if #found > 2 * limit then
        return found
      end
    end
  end
end
return found
