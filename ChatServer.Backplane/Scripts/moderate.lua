-- Stores or lifts a sanction, once for each command id. The expiry is a time of this server's clock.
-- KEYS: sanctions, command ids, and, for a room, the room
-- ARGV: field, sanction in JSON ('' lifts the sanction; both '': only the command id is stored), lifetime in ms ('': permanent),
--   command id ('': none), most command ids to keep, most sanctions
-- Returns 1, or 0: the command id is known, -1: there are too many sanctions, -2: there is no such room.
if KEYS[3] and redis.call('EXISTS', KEYS[3]) == 0 then
  return -2
end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if ARGV[4] ~= '' and redis.call('ZSCORE', KEYS[2], ARGV[4]) then
  return 0
end
if ARGV[1] ~= '' and ARGV[2] == '' then
  redis.call('HDEL', KEYS[1], ARGV[1])
elseif ARGV[1] ~= '' then
  if redis.call('HLEN', KEYS[1]) >= tonumber(ARGV[6]) and redis.call('HEXISTS', KEYS[1], ARGV[1]) == 0 then
    local all = redis.call('HGETALL', KEYS[1])
    for i = 1, #all, 2 do
      local expiry = tonumber(string.match(all[i + 1], '^(%d+) '))
      if expiry and expiry > 0 and expiry <= now then
        redis.call('HDEL', KEYS[1], all[i])
      end
    end
    if redis.call('HLEN', KEYS[1]) >= tonumber(ARGV[6]) then
      return -1
    end
  end
  local expiry = '0'
  if ARGV[3] ~= '' then
    expiry = string.format('%.0f', now + tonumber(ARGV[3]))
  end
  redis.call('HSET', KEYS[1], ARGV[1], expiry .. ' ' .. ARGV[2])
end
if ARGV[4] ~= '' then
  redis.call('ZADD', KEYS[2], now, ARGV[4])
  redis.call('ZREMRANGEBYRANK', KEYS[2], 0, -1 - tonumber(ARGV[5]))
end
if ARGV[1] ~= '' then
  redis.call('HINCRBY', KEYS[1], 'version', 1)
  if KEYS[3] then
    redis.call('HINCRBY', KEYS[3], 'sanctions', 1)
  end
end
return 1
