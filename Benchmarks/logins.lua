-- Reads at a pace, for wrk.  wrk … -s logins.lua URL -- TOKEN PATH FILE WAIT
--   GET PATH/<id>, ids from FILE; each connection waits WAIT ms on average, from nothing to twice that, before it asks again.
-- Prints one line of JSON at the end; latencies in microseconds.
local threads = 0

function setup(thread)
    thread:set("number", threads)
    threads = threads + 1
end

function init(args)
    math.randomseed(number + 1)
    wrk.headers["authorization"] = "Bearer " .. args[1]
    path, wait, count, ids = args[2], tonumber(args[4]), number * 1000003, {}
    for line in io.lines(args[3]) do ids[#ids + 1] = line end
end

-- Whole milliseconds are all that wrk knows: a random rounding keeps the average.
function delay() return math.floor(2 * wait * math.random() + math.random()) end

function request()
    count = count + 1
    return wrk.format("GET", path .. "/" .. ids[(count * 7919) % #ids + 1])
end

function done(summary, latency)
    local failed = summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout
    print(string.format(
        '{"requests":%d,"seconds":%.6f,"failed":%d,"p50":%d,"p99":%d}',
        summary.requests, summary.duration / 1e6, failed, latency:percentile(50), latency:percentile(99)))
end
