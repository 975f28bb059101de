-- Keeps who sits in a room, for the host that has it next. Safe to repeat.
-- KEYS: room, seats   ARGV: term, session, name, session, name, ...; an empty name: the seat was given up
if redis.call('HGET', KEYS[1], 'term') ~= ARGV[1] then
  return 0
end
for i = 2, #ARGV, 2 do
  if ARGV[i + 1] == '' then
    redis.call('HDEL', KEYS[2], ARGV[i])
  else
    redis.call('HSET', KEYS[2], ARGV[i], ARGV[i + 1])
  end
end
return 1
