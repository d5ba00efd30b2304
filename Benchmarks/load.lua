-- One kind of request for wrk, with a token.  wrk … -s load.lua URL -- MODE TOKEN PATH [FILE]
--   read PATH FILE   GET PATH/<id>, ids from FILE in a shuffled round
--   list PATH        GET PATH
--   create PATH      POST PATH with a new note each time
-- Prints one line of JSON at the end; latencies in microseconds.
local threads = 0

function setup(thread)
    thread:set("number", threads)
    threads = threads + 1
end

function init(args)
    mode, path = args[1], args[3]
    wrk.headers["authorization"] = "Bearer " .. args[2]
    count = number * 1000003
    if mode == "read" then
        ids = {}
        for line in io.lines(args[4]) do ids[#ids + 1] = line end
    elseif mode == "create" then
        wrk.headers["content-type"] = "application/json"
        text = string.rep("All work and no play. ", 23)
        statuses = { "published", "published", "draft", "archived" }
    end
end

function request()
    count = count + 1
    if mode == "read" then
        -- A step that shares no factor with the number of ids visits them all.
        return wrk.format("GET", path .. "/" .. ids[(count * 7919) % #ids + 1])
    elseif mode == "list" then
        return wrk.format("GET", path)
    end
    local status = statuses[count % 4 + 1]
    local body = '{"title":"Note ' .. count .. '","body":"' .. text .. '","status":"' .. status .. '","views":' .. (count % 1000) .. extra() .. "}"
    return wrk.format("POST", path, nil, body)
end

-- PocketBase has no stamp: its client sends the owner, and its create rule checks it.
function extra()
    local owner = os.getenv("BENCH_OWNER")
    return owner and ',"owner":"' .. owner .. '"' or ""
end

function done(summary, latency)
    local failed = summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout
    print(string.format(
        '{"requests":%d,"seconds":%.6f,"failed":%d,"p50":%d,"p99":%d}',
        summary.requests, summary.duration / 1e6, failed, latency:percentile(50), latency:percentile(99)))
end
