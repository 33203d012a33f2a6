"""What Redis must do in one go, as Lua. Each script touches one key.

Times are milliseconds on Redis's own clock, so that gateways need not agree on theirs.
-1 stands for no limit and no time to live.
"""

_NOW = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
"""

_SET = """
local function set(value, ttl_ms)
    if tonumber(ttl_ms) < 0 then
        redis.call('SET', KEYS[1], value)
    else
        redis.call('SET', KEYS[1], value, 'PX', ttl_ms)
    end
end
"""

# value, ttl_ms -> the value that stands (`SET NX GET` needs Redis 7)
PUT_IF_ABSENT = (
    _SET
    + """
local present = redis.call('GET', KEYS[1])
if present then return present end
set(ARGV[1], ARGV[2])
return ARGV[1]
"""
)

# old, new, ttl_ms -> 1 or 0
REPLACE = (
    _SET
    + """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
set(ARGV[2], ARGV[3])
return 1
"""
)

# amount, limit, ttl_ms -> the count, or -1 if it would have passed the limit
ADD_WITHIN = """
local present = redis.call('GET', KEYS[1])
local amount, limit = tonumber(ARGV[1]), tonumber(ARGV[2])
local count = tonumber(present or '0') + amount
if amount > 0 and limit >= 0 and count > limit then return -1 end
if count < 0 then count = 0 end
if present then
    redis.call('SET', KEYS[1], string.format('%.0f', count), 'KEEPTTL')
elseif amount > 0 then
    redis.call('SET', KEYS[1], string.format('%.0f', count), 'PX', ARGV[3])
end
return count
"""

# holder, limit, ttl_ms -> 1 or 0; a sorted set of holders by the end of their leases
LEASE = (
    _NOW
    + """
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
local limit = tonumber(ARGV[2])
local is_held = redis.call('ZSCORE', KEYS[1], ARGV[1])
if not is_held and limit >= 0 and redis.call('ZCARD', KEYS[1]) >= limit then
    return 0
end
redis.call('ZADD', KEYS[1], now + ARGV[3], ARGV[1])
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[3]) then
    redis.call('PEXPIRE', KEYS[1], ARGV[3])
end
return 1
"""
)

# -> the number of places taken
HOLDERS = _NOW + "return redis.call('ZCOUNT', KEYS[1], '(' .. now, '+inf')"

# item, in_ms; a sorted set of items by the time they are due
SCHEDULE = _NOW + "redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])"

# limit, again_in_ms -> items
DUE = (
    _NOW
    + """
local items = redis.call(
    'ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, tonumber(ARGV[1])
)
for _, item in ipairs(items) do
    redis.call('ZADD', KEYS[1], now + ARGV[2], item)
end
return items
"""
)
