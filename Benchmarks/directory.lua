-- New reviews for wrk: each token takes each target once.  wrk … -s directory.lua URL -- TOKENS TARGETS
-- Prints one line of JSON at the end; latencies in microseconds. A second review of a salon by the same author is refused (409) and counted.
local threads = 0

function setup(thread)
    thread:set("number", threads)
    threads = threads + 1
end

function read(name)
    local lines = {}
    for line in io.lines(name) do lines[#lines + 1] = line end
    return lines
end

function init(args)
    tokens, targets = read(args[1]), read(args[2])
    wrk.headers["content-type"] = "application/json"
    text = string.rep("All work and no play. ", 8)
    -- Half of the tokens belong to each of the two threads.
    share = math.floor(#tokens / 2)
    count = -1
end

function request()
    count = count + 1
    local token = tokens[number % 2 * share + count % share + 1]
    local target = targets[math.floor(count / share) % #targets + 1]
    wrk.headers["authorization"] = "Bearer " .. token
    return wrk.format("POST", "/api/v1/reviews", nil, '{"target":"salons:' .. target .. '","rating":' .. (count % 5 + 1) .. ',"body":"' .. text .. '"}')
end

function done(summary, latency)
    local failed = summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout
    print(string.format(
        '{"requests":%d,"seconds":%.6f,"failed":%d,"p50":%d,"p99":%d}',
        summary.requests, summary.duration / 1e6, failed, latency:percentile(50), latency:percentile(99)))
end
