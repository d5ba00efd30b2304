-- Reviews for wrk.  wrk … -s rollups.lua URL -- TOKEN FILE
--   POST /api/v1/reviews, targets from FILE one after the other, each thread from another place
-- Prints one line of JSON at the end; latencies in microseconds.
local threads = 0

function setup(thread)
    thread:set("number", threads)
    threads = threads + 1
end

function init(args)
    wrk.headers["authorization"] = "Bearer " .. args[1]
    wrk.headers["content-type"] = "application/json"
    targets = {}
    for line in io.lines(args[2]) do targets[#targets + 1] = line end
    count = number * math.floor(#targets / 2)
    text = string.rep("All work and no play. ", 10)
end

function request()
    count = count + 1
    local target = targets[count % #targets + 1]
    return wrk.format("POST", "/api/v1/reviews", nil, '{"target":"salons:' .. target .. '","rating":' .. (count % 5 + 1) .. ',"body":"' .. text .. '"}')
end

function done(summary, latency)
    local failed = summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout
    print(string.format(
        '{"requests":%d,"seconds":%.6f,"failed":%d,"p50":%d,"p99":%d}',
        summary.requests, summary.duration / 1e6, failed, latency:percentile(50), latency:percentile(99)))
end
