-- Failures of several keys, counted together or not at all.
-- KEYS: their groups. ARGV: what is to happen (`count` or `settle`), the time in seconds, then for each key its tag (6 bytes) and
--   to count: how many cost nothing, the first wait, the longest wait, after how many seconds one is forgotten;
--   to settle: `clear`, or anything else to take one back.
-- A group is a string of entries of 16 bytes: a tag, when the last try was (5), how many failed (3), when one is forgotten (2).
-- Counted: {0, failures and last try of each key}. Refused: {how many seconds to wait, by which key}.
local ENTRY, ENTRIES_MAX, FAILURES_MAX = 16, 128, 1048575
local act, now = ARGV[1], tonumber(ARGV[2])

local function left(last, failed, forgotten)
    return math.max(0, failed - math.floor(math.max(0, now - last) / forgotten))
end

-- The group of a key, where in it its entry is or comes, and what it says.
local function entry_of(key, tag)
    local group = redis.call('GET', key) or ''
    local from = 1
    while true do
        local found = string.find(group, tag, from, true)
        if not found then break end
        if (found - 1) % ENTRY == 0 then return group, found, struct.unpack('>I5I3I2', group, found + 6) end
        from = found + 1
    end
    local oldest_at, oldest, failed_then, forgotten_then
    for place = 1, #group, ENTRY do
        local last, failed, forgotten = struct.unpack('>I5I3I2', group, place + 6)
        if left(last, failed, forgotten) == 0 then return group, place, 0, 0, 1 end
        if not oldest or last < oldest then oldest_at, oldest, failed_then, forgotten_then = place, last, failed, forgotten end
    end
    if #group >= ENTRIES_MAX * ENTRY then return group, oldest_at, oldest, failed_then, forgotten_then end
    return group, #group + 1, 0, 0, 1
end

local function write(key, group, at, tag, last, failed, forgotten, lasts)
    local entry = tag .. struct.pack('>I5I3I2', last, failed, forgotten)
    group = string.sub(group, 1, at - 1) .. entry .. string.sub(group, at + ENTRY)
    redis.call('SET', key, group, 'EX', math.max(lasts, redis.call('TTL', key)))
end

if act == 'settle' then
    for number, key in ipairs(KEYS) do
        local tag, how = ARGV[1 + 2 * number], ARGV[2 + 2 * number]
        local group, at, last, failed, forgotten = entry_of(key, tag)
        if string.sub(group, at, at + 5) == tag then
            failed = how == 'clear' and 0 or math.max(0, failed - 1)
            write(key, group, at, tag, last, failed, forgotten, 1)
        end
    end
    return {0}
end

local function rule_of(number)
    local first = 3 + 5 * (number - 1)
    return ARGV[first], tonumber(ARGV[first + 1]), tonumber(ARGV[first + 2]), tonumber(ARGV[first + 3]), tonumber(ARGV[first + 4])
end

for number, key in ipairs(KEYS) do
    local tag, free, first_wait, wait_max, forgotten = rule_of(number)
    local _, _, last, failed = entry_of(key, tag)
    failed = left(last, failed, forgotten)
    local wait = 0
    if failed >= free then wait = math.min(wait_max, first_wait * 2 ^ math.min(failed - free, 32)) end
    if now - last < wait then return {wait - math.max(0, now - last), number} end
end
local told = {0}
for number, key in ipairs(KEYS) do
    local tag, _, _, wait_max, forgotten = rule_of(number)
    local group, at, last, failed = entry_of(key, tag)
    failed = math.min(left(last, failed, forgotten) + 1, FAILURES_MAX)
    last = math.max(now, last)
    write(key, group, at, tag, last, failed, forgotten, math.max(failed * forgotten, wait_max))
    table.insert(told, failed)
    table.insert(told, last)
end
return told
