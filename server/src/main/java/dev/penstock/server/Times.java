package dev.penstock.server;

import java.time.Duration;

/// How long a peer may take; every component is a setting.
///
/// A pause is not what is measured: a peer that sends one byte now and then never pauses for long. So the
/// variables of a request have a time in all, and bodies and responses have to move by at least
/// `minProgress` bytes in each period, or to end. A time of zero is no limit.
///
/// @param head `head_timeout`: for all variables of a request, from its first byte on
/// @param body `body_timeout`: the period in which a request's body makes progress
/// @param response `response_timeout`: the period in which the peer takes some of a response
/// @param minProgress `min_progress`: bytes
/// @param idle `idle_timeout`: how long a connection may stay without a request; zero: for ever
/// @param tcpKeepAlive `tcp_keepalive`: after how long a silence the kernel asks whether a TCP peer is still
///     there; zero: never
public record Times(
        Duration head, Duration body, Duration response, long minProgress, Duration idle, Duration tcpKeepAlive) {
    /// 30 s, 120 s, 120 s, 16 KiB; idle connections stay; 60 s.
    public static final Times DEFAULT = new Times(
            Duration.ofSeconds(30),
            Duration.ofSeconds(120),
            Duration.ofSeconds(120),
            16 * 1024,
            Duration.ZERO,
            Duration.ofSeconds(60));
}
