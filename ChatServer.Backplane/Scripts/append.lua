-- Appends a batch to a room's log, if the caller is still its host. Safe to repeat: the caller says where the batch begins,
-- and only one writer has the term, so a log that is already a batch ahead has taken this very batch.
-- KEYS: room, log, and of a log that is shorter than what is recognized when it is said again, said
-- ARGV: term, seq before the batch, history, messages in the batch, announced, entry, entry, ...
-- Returns the new seq, or -1 fenced, -2 no such room, -3 the log is elsewhere than the caller thinks.
local room = redis.call('HMGET', KEYS[1], 'term', 'seq', 'messages')
if not room[1] then
  return -2
end
if room[1] ~= ARGV[1] then
  return -1
end
local base = tonumber(ARGV[2])
local after = base + #ARGV - 5
local seq = tonumber(room[2])
-- The keys of a log that is shorter than what is recognized: RoomLog.MaxDedupeKeys. They are written after the seq, so that they never name
-- what the log does not have, and again with a repetition, should Redis have died in between.
local function recognize()
  if not KEYS[3] then
    return
  end
  local said = {}
  for i = math.max(6, #ARGV - 255), #ARGV do
    local key = string.sub(ARGV[i], 1, 22)
    if key ~= '----------------------' then
      said[#said + 1] = key .. (base + i - 5)
    end
  end
  if #said > 0 and redis.call('LINDEX', KEYS[3], -1) ~= said[#said] then
    redis.call('RPUSH', KEYS[3], unpack(said))
    redis.call('LTRIM', KEYS[3], -256, -1)
  end
end
if seq == after then
  recognize()
  return after
end
if seq ~= base then
  return -3
end
-- A Redis that dies half-way through may keep the entries and not their seq: the embedded one writes each command to its disk by itself.
-- So seq is written last, it says what the log has, and what lies behind it goes. Where the list begins its first entry knows.
local count = #ARGV - 5
local length = redis.call('LLEN', KEYS[2])
local first = length > 0 and tonumber(string.match(redis.call('LINDEX', KEYS[2], 0), '"seq":(%d+)'))
if first and first + length - 1 > seq then
  redis.call('LTRIM', KEYS[2], 0, seq - first - length)
  length = seq - first + 1
end
local history = tonumber(ARGV[3])
if history > 0 then
  redis.call('RPUSH', KEYS[2], unpack(ARGV, 6))
end
redis.call('HSET', KEYS[1], 'seq', after, 'announced', ARGV[5], 'messages', tonumber(room[3]) + tonumber(ARGV[4]))
if history > 0 and length + count > history then
  redis.call('LTRIM', KEYS[2], -history, -1)
end
recognize()
return after
