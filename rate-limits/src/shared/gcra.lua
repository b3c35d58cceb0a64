-- One more of a key: 0, or in how many microseconds there is room for it.
-- KEYS: its group. ARGV: its tag (6 bytes), the interval and the tolerance in microseconds.
-- A group is a string of entries of 13 bytes: a tag, and its theoretical arrival time (TAT) in microseconds since 1970. One whose TAT is
-- past is free. Where 256 are taken, a newcomer takes over the one that is free soonest, with what is used of it.
local tag, interval, tolerance = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local group = redis.call('GET', KEYS[1]) or ''

local at, from = nil, 1
while not at do
    local found = string.find(group, tag, from, true)
    if not found then break end
    if (found - 1) % 13 == 0 then at = found end
    from = found + 1
end
local tat = at and struct.unpack('>I7', group, at + 6) or 0
if not at then
    at = #group + 1
    local soonest, soonest_at
    for place = 1, #group, 13 do
        local taken_until = struct.unpack('>I7', group, place + 6)
        if not soonest or taken_until < soonest then soonest, soonest_at = taken_until, place end
        if soonest <= now then break end
    end
    if soonest and (soonest <= now or #group >= 256 * 13) then at, tat = soonest_at, soonest end
end

local next_tat = math.max(tat, now) + interval
local wait = next_tat - now - tolerance
if wait > 0 then return wait end
group = string.sub(group, 1, at - 1) .. tag .. struct.pack('>I7', next_tat) .. string.sub(group, at + 13)
local lasts = math.max(math.ceil((next_tat - now) / 1000), redis.call('PTTL', KEYS[1]))
redis.call('SET', KEYS[1], group, 'PX', lasts)
return 0
