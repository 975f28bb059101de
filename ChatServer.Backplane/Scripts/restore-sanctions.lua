-- Stores sanctions that Redis lost, unless one of the same kind and user was imposed since.
-- KEYS: sanctions   ARGV: the version that the host knows, and for each sanction its field, its lifetime in ms ('': permanent), and its JSON
-- Returns the new version.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
for i = 2, #ARGV, 3 do
  local expiry = '0'
  if ARGV[i + 1] ~= '' then
    expiry = string.format('%.0f', now + tonumber(ARGV[i + 1]))
  end
  redis.call('HSETNX', KEYS[1], ARGV[i], expiry .. ' ' .. ARGV[i + 2])
end
local version = math.max(tonumber(redis.call('HGET', KEYS[1], 'version') or '0'), tonumber(ARGV[1])) + 1
redis.call('HSET', KEYS[1], 'version', string.format('%.0f', version))
return version
