-- Appends a batch to the log of a room, if the caller still owns the room. Safe to repeat: the caller states the position of the batch, and
-- a term has one writer, so a log that already ends with the batch's last sequence contains this batch.
-- KEYS: room, log, and, if the log keeps fewer events than message keys are kept, message keys
-- ARGV: term, seq before the batch, history, messages in the batch, announced, the key of an entry that is no message, number of message
--   keys to keep, number of events to rewrite, seq, event, seq, event, ..., entry, entry, ...
-- Returns the new seq, or -1: the term is over, -2: no such room, -3: the log is at another position.
local FIRST_REWRITTEN = 9
local FIRST_ENTRY = FIRST_REWRITTEN + 2 * tonumber(ARGV[8])
local room = redis.call('HMGET', KEYS[1], 'term', 'seq', 'messages')
if not room[1] then
  return -2
end
if room[1] ~= ARGV[1] then
  return -1
end
local base = tonumber(ARGV[2])
local count = #ARGV - FIRST_ENTRY + 1
local after = base + count
local seq = tonumber(room[2])
-- Stores the keys of the batch's messages. They are written after the seq, so that they never name an event that is not in the log, and
-- again with a repeated append, in case Redis crashed in between.
local function store_message_keys()
  if not KEYS[3] then
    return
  end
  local no_key, max_keys = ARGV[6], tonumber(ARGV[7])
  local keys = {}
  for i = math.max(FIRST_ENTRY, #ARGV - max_keys + 1), #ARGV do
    local key = string.sub(ARGV[i], 1, #no_key)
    if key ~= no_key then
      keys[#keys + 1] = key .. (base + i - FIRST_ENTRY + 1)
    end
  end
  if #keys > 0 and redis.call('LINDEX', KEYS[3], -1) ~= keys[#keys] then
    redis.call('RPUSH', KEYS[3], unpack(keys))
    redis.call('LTRIM', KEYS[3], -max_keys, -1)
  end
end
if seq == after then
  store_message_keys()
  return after
end
if seq ~= base then
  return -3
end
-- A crash of Redis during this script may keep the entries and lose the seq: the embedded Redis persists each command on its own. Therefore
-- the seq is written last and decides what the log contains; entries behind it are removed. The first entry states where the list begins.
local length = redis.call('LLEN', KEYS[2])
local first = length > 0 and tonumber(string.match(redis.call('LINDEX', KEYS[2], 0), '"seq":(%d+)'))
if first and first + length - 1 > seq then
  redis.call('LTRIM', KEYS[2], 0, seq - first - length)
  length = seq - first + 1
end
-- Before the append: after a crash in between, the append is repeated.
for i = FIRST_REWRITTEN, FIRST_ENTRY - 2, 2 do
  local index = first and tonumber(ARGV[i]) - first
  if index and index >= 0 and index < length then
    local key = string.sub(redis.call('LINDEX', KEYS[2], index), 1, #ARGV[6])
    redis.call('LSET', KEYS[2], index, key .. ARGV[i + 1])
  end
end
local history = tonumber(ARGV[3])
if history > 0 then
  redis.call('RPUSH', KEYS[2], unpack(ARGV, FIRST_ENTRY))
end
redis.call('HSET', KEYS[1], 'seq', after, 'announced', ARGV[5], 'messages', tonumber(room[3]) + tonumber(ARGV[4]))
if history > 0 and length + count > history then
  redis.call('LTRIM', KEYS[2], -history, -1)
end
store_message_keys()
return after
