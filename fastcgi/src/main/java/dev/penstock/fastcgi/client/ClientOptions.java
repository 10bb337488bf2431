package dev.penstock.fastcgi.client;

import dev.penstock.fastcgi.ResponseHeadParser;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// How a [FastCgiClient] behaves, and the bounds of what an application can make it hold.
///
/// @param deadlines for requests that bring none of their own
/// @param keepConnections whether connections are used again (FCGI_KEEP_CONN). An application that serves one
///     connection at a time, as php-fpm's children do, is kept busy by an idle one
/// @param maxConnections connections at once; further requests wait for one, up to the connect deadline
/// @param maxRequestsPerConnection requests at once on one connection. Over 1, the application is asked by
///     GET_VALUES whether it can multiplex, and gets one request at a time when it does not say yes
/// @param valuesTimeout how long an answer to GET_VALUES is awaited; many applications never give one
/// @param bufferedBytes of a response that nobody has read yet, for each request
/// @param slowReader how long a response that nobody reads, its buffer full, may hold up the others on its
///     connection before it is aborted. A response that is alone on its connection may be read at any pace
/// @param maxHeadBytes of a response's head
/// @param maxHeaders of a response
/// @param errorBytes of STDERR that are kept for each request; what comes after is dropped
/// @param wiretap sees all bytes, or null
public record ClientOptions(
        Deadlines deadlines,
        boolean keepConnections,
        int maxConnections,
        int maxRequestsPerConnection,
        Duration valuesTimeout,
        int bufferedBytes,
        Duration slowReader,
        int maxHeadBytes,
        int maxHeaders,
        int errorBytes,
        @Nullable Wiretap wiretap) {

    /// Kept connections, eight at most, one request at a time on each; 256 KiB buffered, 64 KiB of STDERR.
    public static final ClientOptions DEFAULT = new ClientOptions(
            Deadlines.DEFAULT,
            true,
            8,
            1,
            Duration.ofMillis(500),
            256 * 1024,
            Duration.ofSeconds(2),
            ResponseHeadParser.DEFAULT_MAX_BYTES,
            ResponseHeadParser.DEFAULT_MAX_HEADERS,
            64 * 1024,
            null);

    private static final int MAX_IDS = 65_535;
    private static final int MAX_BUFFERED = 1 << 30;

    public ClientOptions {
        if (maxConnections < 1 || bufferedBytes < 1 || bufferedBytes > MAX_BUFFERED || errorBytes < 0) {
            throw new IllegalArgumentException(
                    "limits must be positive, and bufferedBytes at most a gibibyte: maxConnections " + maxConnections
                            + ", bufferedBytes " + bufferedBytes + ", errorBytes " + errorBytes);
        }
        if (maxRequestsPerConnection < 1 || maxRequestsPerConnection > MAX_IDS) {
            throw new IllegalArgumentException(
                    "maxRequestsPerConnection must be 1 to " + MAX_IDS + ": " + maxRequestsPerConnection);
        }
        if (!keepConnections && maxRequestsPerConnection > 1) {
            throw new IllegalArgumentException("several requests on a connection need one that is kept");
        }
        if (!valuesTimeout.isPositive() || !slowReader.isPositive()) {
            throw new IllegalArgumentException("valuesTimeout and slowReader must be positive");
        }
    }

    /// The same with other deadlines.
    public ClientOptions withDeadlines(Deadlines other) {
        return with(other, keepConnections, maxConnections, maxRequestsPerConnection, bufferedBytes, wiretap);
    }

    /// The same with a new connection for each request.
    public ClientOptions withoutKeeping() {
        return with(deadlines, false, maxConnections, 1, bufferedBytes, wiretap);
    }

    /// The same with another number of connections.
    public ClientOptions withConnections(int most) {
        return with(deadlines, keepConnections, most, maxRequestsPerConnection, bufferedBytes, wiretap);
    }

    /// The same with up to so many requests at once on each connection, where the application can do that.
    public ClientOptions multiplexed(int requests) {
        return with(deadlines, true, maxConnections, requests, bufferedBytes, wiretap);
    }

    /// The same with another buffer for what is not read.
    public ClientOptions withBufferedBytes(int bytes) {
        return with(deadlines, keepConnections, maxConnections, maxRequestsPerConnection, bytes, wiretap);
    }

    /// The same, watched.
    public ClientOptions withWiretap(Wiretap tap) {
        return with(deadlines, keepConnections, maxConnections, maxRequestsPerConnection, bufferedBytes, tap);
    }

    private ClientOptions with(
            Deadlines deadlines, boolean keep, int connections, int requests, int buffered, @Nullable Wiretap tap) {
        return new ClientOptions(
                deadlines,
                keep,
                connections,
                requests,
                valuesTimeout,
                buffered,
                slowReader,
                maxHeadBytes,
                maxHeaders,
                errorBytes,
                tap);
    }
}
