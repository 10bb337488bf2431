package dev.penstock.server;

import dev.penstock.fastcgi.Limits;
import java.nio.file.Path;

/// What one client may make the server hold; every number is a setting of the same name.
///
/// @param maxConnections connections served at once, over all listeners; further ones wait in the backlog
/// @param maxRequestBody bytes of a request's body
/// @param responseMemory bytes of a response held in memory for a client that is slow to read
/// @param responseFile bytes held in a temporary file beyond that, before the application has to wait
/// @param drainBytes bytes of a request that are read and dropped after its answer, before the connection is cut
/// @param drainNanos how long a peer may take to close after the last answer, in nanoseconds: `drain_timeout`
/// @param temporary where temporary files are made; they lose their names at once
/// @param parameters the protocol's own limits
/// @param requestMemory bytes that all requests may hold together while they come in; a connection that holds
///     no more than a common request does is never closed for it
/// @param responses bytes that all responses may hold in memory together for clients that are slow to read; beyond
///     that they go to their files
/// @param maxResponseHead bytes of the status and headers of a response
/// @param times how long a peer may take
public record Bounds(
        int maxConnections,
        long maxRequestBody,
        int responseMemory,
        long responseFile,
        long drainBytes,
        long drainNanos,
        Path temporary,
        Limits parameters,
        long requestMemory,
        Budget responses,
        int maxResponseHead,
        Times times) {
    /// 32 MiB for requests that come in: a quarter of the heap.
    public static final long DEFAULT_REQUEST_MEMORY = 32 * 1024 * 1024;

    /// 32 MiB for responses that wait for their clients: another quarter.
    public static final long DEFAULT_RESPONSES_MEMORY = 32 * 1024 * 1024;

    /// 256 KiB: far more than any web server takes by default, so that theirs is the limit that counts.
    public static final int DEFAULT_RESPONSE_HEAD = 256 * 1024;

    /// The defaults for what is not named.
    public Bounds(
            int maxConnections,
            long maxRequestBody,
            int responseMemory,
            long responseFile,
            long drainBytes,
            long drainNanos,
            Path temporary,
            Limits parameters) {
        this(
                maxConnections,
                maxRequestBody,
                responseMemory,
                responseFile,
                drainBytes,
                drainNanos,
                temporary,
                parameters,
                DEFAULT_REQUEST_MEMORY,
                new Budget(DEFAULT_RESPONSES_MEMORY),
                DEFAULT_RESPONSE_HEAD,
                Times.DEFAULT);
    }
}
