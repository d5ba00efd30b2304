-- Reads at a pace that leaves the server room, for wrk.  wrk … -s logins.lua URL -- TOKEN PATH FILE
--   GET PATH/<id>, ids from FILE; each connection waits 10 ms before it asks again.
-- Prints one line of JSON at the end; latencies in microseconds.
function init(args)
    wrk.headers["authorization"] = "Bearer " .. args[1]
    path, count, ids = args[2], 0, {}
    for line in io.lines(args[3]) do ids[#ids + 1] = line end
end

function delay() return 10 end

function request()
    count = count + 1
    return wrk.format("GET", path .. "/" .. ids[(count * 7919) % #ids + 1])
end

function done(summary, latency)
    local failed = summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout
    print(string.format(
        '{"requests":%d,"failed":%d,"p50":%d,"p99":%d}', summary.requests, failed, latency:percentile(50), latency:percentile(99)))
end
