package dev.penstock.tap;

/// How much the tap takes in and keeps.
///
/// @param maxVariables name-value pairs of one request; more are a fault
/// @param maxVariableBytes bytes of them; more are a fault
/// @param maxConnections connections at once; further ones wait in the backlog
/// @param maxShown bytes of a body that the full view shows
/// @param memory bytes for all requests that are followed at once; further ones pass without being shown
/// @param queue bytes between the pump and the analysis; what does not fit is not shown
public record Bounds(int maxVariables, int maxVariableBytes, int maxConnections, int maxShown, long memory, int queue) {
    /// 2,000 variables in 256 KiB, 256 connections, 400 bytes of each body, 16 MiB for requests, 8 MiB between.
    public static final Bounds DEFAULT = new Bounds(2000, 256 * 1024, 256, 400, 16 << 20, 8 << 20);
}
