package dev.penstock.fastcgi.client;

import java.time.Duration;

/// How long a request may take. A second try does not stretch any of it.
///
/// @param connect from the start until there is a connection for it, its own or one that became free
/// @param firstByte from when the request was sent whole until the first byte of its response
/// @param total from the start until the end of the response; looked at whenever somebody waits for it
public record Deadlines(Duration connect, Duration firstByte, Duration total) {
    private static final Duration LONGEST = Duration.ofDays(365);

    /// 5 seconds to connect, a minute for the first byte (as nginx), ten minutes in all.
    public static final Deadlines DEFAULT =
            new Deadlines(Duration.ofSeconds(5), Duration.ofMinutes(1), Duration.ofMinutes(10));

    public Deadlines {
        connect = checked("connect", connect);
        firstByte = checked("firstByte", firstByte);
        total = checked("total", total);
    }

    /// A year is as good as for ever, and keeps the arithmetic of nanoseconds from overflowing.
    private static Duration checked(String name, Duration duration) {
        if (!duration.isPositive()) {
            throw new IllegalArgumentException(name + " must be positive: " + duration);
        }
        return duration.compareTo(LONGEST) > 0 ? LONGEST : duration;
    }
}
