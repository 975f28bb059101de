-- Stores changes of a room's seats, for its next host. Safe to repeat.
-- KEYS: room, seats   ARGV: term, instance, 1 to remove all other seats, key, seat, key, seat, ... An empty value removes the seat.
-- Returns 0 if the room has another term.
if redis.call('HGET', KEYS[1], 'term') ~= ARGV[1] then
  return 0
end
redis.call('HSET', KEYS[1], 'keeper', ARGV[2])
if ARGV[3] == '1' then
  redis.call('DEL', KEYS[2])
end
for i = 4, #ARGV, 2 do
  if ARGV[i + 1] == '' then
    redis.call('HDEL', KEYS[2], ARGV[i])
  else
    redis.call('HSET', KEYS[2], ARGV[i], ARGV[i + 1])
  end
end
return 1
