"""The writes to Redis, as scripts, so that each happens whole or not at all and checks the fence as it does.

They are sent in full each time (`EVAL`): Redis compiles each once, and a server that was restarted or failed
over needs no second try. A key of ours that somebody replaced by one of another type is taken back. Replies
are `OK`, `STALE` (a newer writer's view stands), `LOST` (the view is not the one that was written last).
"""

from __future__ import annotations

from typing import Final

# Arguments are taken in turn; a list of them is its length and then its items, and is kept as the span of
# its places, since Lua's stack holds a few thousand values only.
_ARGUMENTS: Final = """
local at = 0
local function take()
  at = at + 1
  return ARGV[at]
end
local function span()
  local length = tonumber(take())
  at = at + length
  return {at - length + 1, at}
end
local function put(command, key, items)
  for first = items[1], items[2], 1000 do
    redis.call(command, key, unpack(ARGV, first, math.min(first + 999, items[2])))
  end
end
local function announce(events, kept, items)
  for i = items[1], items[2] do
    redis.call('XADD', events, 'MAXLEN', '~', kept, '*', 'event', ARGV[i])
    redis.call('PUBLISH', events, ARGV[i])
  end
end
"""

# A writer that has long been silent fences nobody out: epochs start anew with a restored database.
_FENCE: Final = """
local function kind(key) return redis.call('TYPE', key).ok end
local function claim(key, wanted)
  local found = kind(key)
  if found ~= wanted and found ~= 'none' then redis.call('UNLINK', key) end
end
local now = tonumber(redis.call('TIME')[1])
local function silence(sync)
  return now - (tonumber(redis.call('HGET', sync, 'written_at') or '') or 0)
end
local function stale(sync, epoch, lapse)
  local stored = tonumber(redis.call('HGET', sync, 'epoch') or '')
  return stored and stored > tonumber(epoch) and silence(sync) < tonumber(lapse)
end
"""

PUBLISH: Final = (
    _ARGUMENTS
    + _FENCE
    + """
-- KEYS: daemon, replicas and, for a writer, sync, resources, events
-- ARGV: member ('' for none), ttl in ms, epoch, started_at, fields of daemon (a list)
local function beat()
  local member, ttl, epoch, started, fields = take(), take(), tonumber(take()), take(), span()
  if member == '' then return 'OK' end
  claim(KEYS[1], 'hash')
  claim(KEYS[2], 'set')
  local stored = redis.call('HMGET', KEYS[1], 'epoch', 'started_at')
  -- Only a later process, or the same one stepping down, may go below the epoch that stands.
  if stored[1] and stored[2] and tonumber(stored[1]) > epoch and stored[2] > started then return 'STALE' end
  put('HSET', KEYS[1], fields)
  redis.call('PEXPIRE', KEYS[1], ttl)
  redis.call('SADD', KEYS[2], member)
  return 'OK'
end
-- ARGV: epoch, lapse in s, mark and number of resources of the view that was written last, renewal in s,
-- events to keep, then lists: fields of sync, fields of resources, resources gone, events
local function tell()
  local sync, resources, events = KEYS[3], KEYS[4], KEYS[5]
  local epoch, lapse, mark, count, renewal, kept = take(), take(), take(), take(), take(), take()
  local own, changed, gone, news = span(), span(), span(), span()
  if kind(sync) ~= 'hash' then return 'LOST' end
  if stale(sync, epoch, lapse) then return 'STALE' end
  if redis.call('HGET', sync, 'mark') ~= mark then return 'LOST' end
  local found = kind(resources)
  if found ~= 'hash' and found ~= 'none' then return 'LOST' end
  if redis.call('HLEN', resources) ~= tonumber(count) then return 'LOST' end
  if own[2] >= own[1] or silence(sync) >= tonumber(renewal) then
    redis.call('HSET', sync, 'written_at', now)
  end
  put('HSET', sync, own)
  put('HSET', resources, changed)
  put('HDEL', resources, gone)
  claim(events, 'stream')
  announce(events, kept, news)
  return 'OK'
end
local own = beat()
if #KEYS == 2 then return {own} end
return {own, tell()}
"""
)

UNVEIL: Final = (
    _ARGUMENTS
    + _FENCE
    + """
-- KEYS: sync, resources, events, staging
-- ARGV: epoch, lapse in s, number of resources, events to keep, then lists: fields of sync, events
local sync, resources, events, staging = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local epoch, lapse, count, kept, own, news = take(), take(), take(), take(), span(), span()
claim(sync, 'hash')
claim(events, 'stream')
if stale(sync, epoch, lapse) then
  redis.call('UNLINK', staging)
  return 'STALE'
end
if redis.call('HLEN', staging) ~= tonumber(count) then return 'LOST' end
redis.call('UNLINK', sync, resources)
if count ~= '0' then
  redis.call('RENAME', staging, resources)
  redis.call('PERSIST', resources)
end
put('HSET', sync, own)
redis.call('HSET', sync, 'written_at', now)
announce(events, kept, news)
return 'OK'
"""
)

WITHDRAW: Final = """
-- KEYS: daemon, replicas.  ARGV: member, started_at
if redis.call('TYPE', KEYS[1]).ok ~= 'hash' then return 'LOST' end
if redis.call('HGET', KEYS[1], 'started_at') ~= ARGV[2] then return 'STALE' end
redis.call('UNLINK', KEYS[1])
redis.call('SREM', KEYS[2], ARGV[1])
return 'OK'
"""
