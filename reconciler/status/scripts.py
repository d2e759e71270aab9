"""The writes to Redis, as scripts, so that each happens whole or not at all and checks the fence as it does.

They are sent in full each time (`EVAL`): Redis compiles each once, and a server that was restarted or failed
over needs no second try. A key of ours that somebody replaced by one of another type is taken back. Replies
are `OK`, `STALE` (a newer writer's view stands), `LOST` (the view is not the one that was written last).
"""

from __future__ import annotations

from typing import Final

_CLAIM: Final = """
local function claim(key, kind)
  local found = redis.call('TYPE', key).ok
  if found ~= kind and found ~= 'none' then redis.call('UNLINK', key) end
end
"""

# A list in ARGV is its length and then its items, the first one at `at`. Lua's stack limits unpack.
_LISTS: Final = """
local function each(write)
  local last = at + tonumber(ARGV[at])
  at = at + 1
  while at <= last do
    local stop = math.min(at + 999, last)
    write(at, stop)
    at = stop + 1
  end
end
local function announce(events, kept)
  each(function(first, last)
    for i = first, last do
      redis.call('XADD', events, 'MAXLEN', '~', kept, '*', 'event', ARGV[i])
      redis.call('PUBLISH', events, ARGV[i])
    end
  end)
end
"""

# A writer that has long been silent fences nobody out: epochs start anew with a restored database.
_FENCE: Final = """
local now = tonumber(redis.call('TIME')[1])
local function stale(sync, epoch, lapse)
  local stored = tonumber(redis.call('HGET', sync, 'epoch') or '')
  local written = tonumber(redis.call('HGET', sync, 'written_at') or '') or 0
  return stored and stored > epoch and now - written < lapse
end
"""

HEARTBEAT: Final = (
    _CLAIM
    + """
-- KEYS: daemon, replicas.  ARGV: member, ttl in ms, epoch, started_at, field, value, ...
claim(KEYS[1], 'hash')
claim(KEYS[2], 'set')
local epoch = tonumber(redis.call('HGET', KEYS[1], 'epoch') or '')
local started = redis.call('HGET', KEYS[1], 'started_at')
-- Only a later process, or the same one stepping down, may go below the epoch that stands.
if epoch and started and epoch > tonumber(ARGV[3]) and started > ARGV[4] then return 'STALE' end
redis.call('HSET', KEYS[1], unpack(ARGV, 5))
redis.call('PEXPIRE', KEYS[1], ARGV[2])
redis.call('SADD', KEYS[2], ARGV[1])
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

TELL: Final = (
    _CLAIM
    + "local at = 8"
    + _LISTS
    + _FENCE
    + """
-- KEYS: sync, resources, events.  ARGV: epoch, mark of the view that was written last, resources in it,
-- events to keep, lapse in s, renewal in s, whether there is anything to write, then four lists:
-- fields of sync, fields of resources, resources gone, events
if redis.call('TYPE', KEYS[1]).ok ~= 'hash' then return 'LOST' end
if stale(KEYS[1], tonumber(ARGV[1]), tonumber(ARGV[5])) then return 'STALE' end
if redis.call('HGET', KEYS[1], 'mark') ~= ARGV[2] then return 'LOST' end
local kind = redis.call('TYPE', KEYS[2]).ok
if kind ~= 'hash' and kind ~= 'none' then return 'LOST' end
if redis.call('HLEN', KEYS[2]) ~= tonumber(ARGV[3]) then return 'LOST' end
local written = tonumber(redis.call('HGET', KEYS[1], 'written_at') or '') or 0
if ARGV[7] == '1' or now - written >= tonumber(ARGV[6]) then
  redis.call('HSET', KEYS[1], 'written_at', now)
end
each(function(i, j) redis.call('HSET', KEYS[1], unpack(ARGV, i, j)) end)
each(function(i, j) redis.call('HSET', KEYS[2], unpack(ARGV, i, j)) end)
each(function(i, j) redis.call('HDEL', KEYS[2], unpack(ARGV, i, j)) end)
claim(KEYS[3], 'stream')
announce(KEYS[3], ARGV[4])
return 'OK'
"""
)

UNVEIL: Final = (
    _CLAIM
    + "local at = 5"
    + _LISTS
    + _FENCE
    + """
-- KEYS: sync, resources, events, staging.  ARGV: epoch, resources in the view, events to keep, lapse in s,
-- then two lists: fields of sync, events
claim(KEYS[1], 'hash')
claim(KEYS[3], 'stream')
if stale(KEYS[1], tonumber(ARGV[1]), tonumber(ARGV[4])) then
  redis.call('UNLINK', KEYS[4])
  return 'STALE'
end
if redis.call('HLEN', KEYS[4]) ~= tonumber(ARGV[2]) then return 'LOST' end
redis.call('UNLINK', KEYS[1], KEYS[2])
if ARGV[2] ~= '0' then
  redis.call('RENAME', KEYS[4], KEYS[2])
  redis.call('PERSIST', KEYS[2])
end
each(function(i, j) redis.call('HSET', KEYS[1], unpack(ARGV, i, j)) end)
redis.call('HSET', KEYS[1], 'written_at', now)
announce(KEYS[3], ARGV[3])
return 'OK'
"""
)
