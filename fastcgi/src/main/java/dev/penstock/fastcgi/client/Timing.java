package dev.penstock.fastcgi.client;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// When the phases of a request were done, from its start.
///
/// @param connected when there was a connection for it
/// @param isReused whether that had been there before
/// @param sent when the last byte was given to the system, or null when it has not been
/// @param firstByte when the first byte of STDOUT came, or null
/// @param end when the request was over, or null
public record Timing(
        Duration connected,
        boolean isReused,
        @Nullable Duration sent,
        @Nullable Duration firstByte,
        @Nullable Duration end) {}
