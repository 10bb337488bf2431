-- wrk's figures as one line of JSON on the standard error output.
done = function(summary, latency, requests)
    io.stderr:write(string.format(
        '{"requests": %d, "microseconds": %d, "p50": %.0f, "p99": %.0f, "status": %d, "timeout": %d, "socket": %d}\n',
        summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), summary.errors.status,
        summary.errors.timeout, summary.errors.connect + summary.errors.read + summary.errors.write))
end
