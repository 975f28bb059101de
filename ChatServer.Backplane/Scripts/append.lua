-- Appends a batch to a room's log, if the caller is still its host. Safe to repeat: the caller says where the batch begins,
-- and only one writer has the term, so a log that is already a batch ahead has taken this very batch.
-- KEYS: room, log   ARGV: term, seq before the batch, history, messages in the batch, announced, entry, entry, ...
-- Returns the new seq, or -1 fenced, -2 no such room, -3 the log is elsewhere than the caller thinks.
local room = redis.call('HMGET', KEYS[1], 'term', 'seq')
if not room[1] then
  return -2
end
if room[1] ~= ARGV[1] then
  return -1
end
local base = tonumber(ARGV[2])
local after = base + #ARGV - 5
local seq = tonumber(room[2])
if seq == after then
  return after
end
if seq ~= base then
  return -3
end
redis.call('RPUSH', KEYS[2], unpack(ARGV, 6))
if ARGV[3] == '0' then
  redis.call('DEL', KEYS[2])
else
  redis.call('LTRIM', KEYS[2], '-' .. ARGV[3], -1)
end
redis.call('HSET', KEYS[1], 'seq', after, 'announced', ARGV[5])
redis.call('HINCRBY', KEYS[1], 'messages', ARGV[4])
return after
