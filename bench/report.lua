-- The request, from wrk's own arguments (METHOD, bytes of body, then "Name: value"…), and wrk's figures as one line of
-- JSON on the standard error output.
init = function(arguments)
    wrk.method = arguments[1] or "GET"
    local bytes = tonumber(arguments[2] or "0")
    if bytes > 0 then
        wrk.body = string.rep("x", bytes)
    end
    for number = 3, #arguments do
        local name, value = arguments[number]:match("^([^:]+): (.*)$")
        wrk.headers[name] = value
    end
end

done = function(summary, latency, requests)
    io.stderr:write(string.format(
        '{"requests": %d, "microseconds": %d, "p50": %.0f, "p99": %.0f, "status": %d, "timeout": %d, "socket": %d}\n',
        summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), summary.errors.status,
        summary.errors.timeout, summary.errors.connect + summary.errors.read + summary.errors.write))
end
